//! Handlers and their surroundings with names that generated code might use.

use std::sync::atomic::{AtomicU32, Ordering};

use eventkit::{Event, Registry, State, handlers, handles};

use super::{OrderPlaced, placed};

static NAMES: Registry = Registry::new("names");
static RUNS: AtomicU32 = AtomicU32::new(0);

/// Defines a sync and an async handler for each name.
macro_rules! handlers_called {
    ($($name:ident)*) => {$(
        mod $name {
            #[allow(non_snake_case, reason = "the name is that of a constant")]
            mod sync {
                #[eventkit::handles(registry = crate::names::NAMES)]
                fn $name(_order: &crate::OrderPlaced) {
                    super::super::count();
                }
            }

            #[allow(non_snake_case, reason = "the name is that of a constant")]
            mod asynchronous {
                #[eventkit::handles(registry = crate::names::NAMES)]
                async fn $name(_order: &crate::OrderPlaced, _: eventkit::State<u32>) {
                    super::super::count();
                }
            }
        }
    )*};
}

fn count() {
    RUNS.fetch_add(1, Ordering::Relaxed);
}

#[allow(non_snake_case, reason = "some names are those of constants")]
mod called {
    handlers_called! {
        FUNCTION EVENT ENTRY HANDLER HANDLERS METADATA CALL FILTER TYPES DISCOVERED POLICY ORDER
        call event delivery invocation requirements entry metadata handler state context order
        registry key filter returned outcome into_outcome require_send check_type own borrow
        borrowed_event owned_event Some None Ok Err Box Option Result
    }

    use super::count;
}

const NUMBER: u32 = 42;

#[tokio::test]
async fn a_handler_of_any_name_runs_once() {
    let app = eventkit::Dispatcher::new(&NAMES).state(1_u32);
    let report = app
        .build()
        .unwrap()
        .dispatch_async(&placed())
        .await
        .unwrap();
    assert_eq!(report.len(), 2 * NUMBER as usize);
    assert_eq!(RUNS.load(Ordering::Relaxed), 2 * NUMBER);
}

static EXPRESSIONS: Registry = Registry::new("expressions");

/// Expressions and items of the user with the names of generated items.
#[allow(
    non_upper_case_globals,
    dead_code,
    reason = "the names are those of generated variables and parameters"
)]
mod expressions {
    use super::{Event, OrderPlaced, Registry, State, handles};

    pub(super) static call: &Registry = &super::EXPRESSIONS;
    const event: i32 = 1;
    const invocation: i32 = 2;
    const requirements: i32 = 3;
    const EVENT: i32 = 4;
    const TYPES: i32 = 5;

    struct Position<const A: i32, const B: i32>;

    impl<const A: i32, const B: i32> Position<A, B> {
        const ORDER: i32 = A + B;
    }

    fn metadata(order: &Event) -> Option<String> {
        order.subject().map(str::to_owned)
    }

    #[handles(registry = super::EXPRESSIONS, order = EVENT, key = metadata)]
    pub(super) fn fourth(_order: &OrderPlaced, State(_n): State<u32>) {}

    #[handles(registry = super::EXPRESSIONS, order = Position::<1, 2>::ORDER)]
    pub(super) fn third(_order: &OrderPlaced) {}

    #[handles(registry = super::EXPRESSIONS, order = event + invocation - 1)]
    pub(super) fn second(_order: &OrderPlaced) {}

    #[handles(registry = super::EXPRESSIONS, order = { event })]
    pub(super) fn first(_order: &OrderPlaced) {}
}

#[test]
fn expressions_refer_to_the_items_of_the_user() {
    let mut orders = Vec::new();
    EXPRESSIONS
        .handlers()
        .for_each(|handler| orders.push(handler.order()));
    assert_eq!(orders, [1, 2, 3, 4]);
    assert_eq!(expressions::call.name(), "expressions");
}

static CONSTANTS: Registry = Registry::new("constants");

const ANY_ORDER: &str = "co.outcome.order.*";

#[handles(OrderPlaced::TYPE, registry = CONSTANTS)]
fn by_its_type(_order: &OrderPlaced) {}

#[handles(ANY_ORDER, "co.outcome.other", registry = CONSTANTS)]
fn by_a_constant(_event: &Event) {}

#[handles(concat!("co.outcome", ".order.placed"), registry = CONSTANTS)]
fn by_a_macro(_event: &Event) {}

#[test]
fn event_types_may_be_constants() {
    let mut patterns = Vec::new();
    CONSTANTS.handlers().for_each(|handler| {
        patterns.extend(handler.patterns().map(str::to_owned));
    });
    assert_eq!(
        patterns,
        [
            OrderPlaced::TYPE,
            ANY_ORDER,
            "co.outcome.other",
            "co.outcome.order.placed"
        ]
    );
    assert_eq!(CONSTANTS.dispatch(&placed()).unwrap().len(), 3);
}

static CONDITIONS: Registry = Registry::new("conditions");

#[handles(registry = CONDITIONS)]
fn without_its_second(order: &OrderPlaced, #[cfg(any())] _absent: Absent) {
    assert_eq!(order.order_id, "A-1");
}

#[handles(registry = CONDITIONS)]
fn without_its_first(#[cfg(any())] _absent: &Absent, order: &OrderPlaced) {
    assert_eq!(order.order_id, "A-1");
}

#[handles(registry = CONDITIONS)]
fn with_all(#[cfg(test)] order: &OrderPlaced, #[cfg(not(any()))] State(n): State<u32>) {
    assert_eq!((order.order_id.as_str(), n), ("A-1", 7));
}

#[handles(registry = CONDITIONS)]
fn with_an_extension(
    _order: &OrderPlaced,
    #[cfg_attr(all(), extension("region"))] region: Option<String>,
) {
    assert_eq!(region, None);
}

#[cfg_attr(all(), cfg(any()))]
#[handles(registry = CONDITIONS)]
fn not_there(_order: &OrderPlaced) {}

#[handles(registry = CONDITIONS)]
#[cfg_attr(all(), cfg(any()))]
fn not_there_either(_order: &OrderPlaced) {}

#[test]
fn conditions_apply_before_parameters_are_counted() {
    let app = eventkit::Dispatcher::new(&CONDITIONS).state(7_u32);
    assert_eq!(app.build().unwrap().dispatch(&placed()).unwrap().len(), 4);
}

static TYPES: Registry = Registry::new("types");

/// Defines a handler of a type in an invisible group of a macro.
macro_rules! handler_of {
    ($name:ident: $type:ty) => {
        #[handles("co.outcome.order.placed", registry = TYPES)]
        fn $name(_order: $type) {}
    };
    ($name:ident: & $type:ty) => {
        #[handles("co.outcome.order.placed", registry = TYPES)]
        fn $name(_order: &$type) {}
    };
}

handler_of!(borrowed: &OrderPlaced);
handler_of!(owned: OrderPlaced);
handler_of!(envelope: &Event);

#[handles(registry = TYPES)]
#[allow(unused_parens, reason = "the parentheses are the case")]
fn in_parentheses(_order: &(OrderPlaced)) {}

#[handles(registry = TYPES)]
#[allow(
    single_use_lifetimes,
    clippy::needless_lifetimes,
    reason = "the lifetime is the case"
)]
fn with_a_lifetime<'a>(_order: &'a OrderPlaced, _id: eventkit::extract::Id<'a>) {}

#[test]
fn groups_and_lifetimes_of_types_are_ignored() {
    assert_eq!(TYPES.dispatch(&placed()).unwrap().len(), 5);
}

/// Traits for all types, with the names of the methods that generated code calls.
#[allow(
    dead_code,
    clippy::wrong_self_convention,
    reason = "nothing calls them, as it should be"
)]
mod blanket {
    use eventkit::{CloudEvent, handles};
    use serde::{Deserialize, Serialize};

    macro_rules! blanket_traits {
        ($($name:ident: $($method:ident)*;)*) => {$(
            trait $name: Sized {
                $(fn $method(self) -> u8 { 0 })*
            }
            impl<T> $name for T {}
        )*};
    }

    blanket_traits! {
        Clones: try_clone clone_from_shared;
        Outcomes: into_outcome into_failure;
        Fields: set get builder builder_without_data borrow own check_type extension entry;
        Events: event_type payload from_reader from_shared write_to;
    }

    #[derive(Debug, Serialize, Deserialize, CloudEvent)]
    #[cloudevent(type = "co.outcome.order.blanket", source = "/s")]
    pub(super) struct Blanket {
        #[cloudevent(subject)]
        pub(super) customer: String,
        #[cloudevent(extension)]
        pub(super) region: Option<String>,
        pub(super) n: u8,
    }

    pub(super) static REGISTRY: eventkit::Registry = eventkit::Registry::new("blanket");

    #[handles(registry = REGISTRY)]
    fn fails(event: &Blanket, #[extension("region")] region: Option<String>) -> Result<(), String> {
        assert_eq!(event.region, region);
        Err(event.customer.clone())
    }
}

#[test]
fn traits_of_the_user_do_not_collide_with_generated_code() {
    let event = blanket::Blanket {
        customer: "c".into(),
        region: Some("eu".into()),
        n: 1,
    };
    let error = blanket::REGISTRY.dispatch(&event).unwrap_err();
    assert_eq!(error.report().unwrap().failures().count(), 1);
}

#[test]
fn handlers_may_be_local_and_listed() {
    #[handles(registry = LOCAL)]
    fn local(_order: &OrderPlaced) {}

    static LOCAL: Registry = Registry::new("local");
    static OTHER: Registry = Registry::new("other");

    OTHER.add(handlers![local, self::by_its_type]);
    assert_eq!(OTHER.dispatch(&placed()).unwrap().len(), 2);
    assert_eq!(LOCAL.dispatch(&placed()).unwrap().len(), 1);
}
