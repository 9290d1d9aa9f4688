//! The syntactic forms of a handler.

#![deny(warnings)]

use eventkit::{Dispatcher, Event, Registry, State, handles};

use super::{Log, OrderPlaced, placed};

static SHAPES: Registry = Registry::new("shapes");
static LOG: Log = Log::new();

macro_rules! handler {
    ($name:ident, $event:ty) => {
        #[handles(registry = SHAPES)]
        fn $name(_event: &$event) {
            LOG.note(stringify!($name));
        }
    };
}

handler!(from_a_macro, OrderPlaced);
handler!(from_the_same_macro, OrderPlaced);

static WRITTEN: Registry = Registry::new("written by a macro");
static WRITTEN_LOG: Log = Log::new();

/// Defines handlers of each form, with every token from the caller.
macro_rules! handlers_of {
    ($ty:literal, $event:ty, $envelope:ty, $state:ty, $extension:ty, $output:ty) => {
        #[handles($ty, registry = WRITTEN)]
        fn takes_it(_event: $event) -> $output {
            WRITTEN_LOG.note("takes it");
        }

        #[handles($ty, registry = WRITTEN)]
        async fn waits(_event: &$event) -> $output {
            tokio::task::yield_now().await;
            WRITTEN_LOG.note("waits");
        }

        #[handles($ty, registry = WRITTEN)]
        fn extracts(
            _event: &$envelope,
            State(state): $state,
            #[extension("tenant")] tenant: $extension,
        ) -> $output {
            WRITTEN_LOG.note(format!("extracts {state} {tenant:?}"));
        }
    };
}

handlers_of!(
    "co.outcome.order.placed",
    OrderPlaced,
    Event,
    State<u8>,
    Option<String>,
    ()
);

#[tokio::test]
async fn a_macro_may_define_the_handler() {
    let app = Dispatcher::new(&WRITTEN).state(7_u8).build().unwrap();
    app.dispatch_async(&placed()).await.unwrap();
    // They have the same location, so they run in the order of their names.
    let lines = WRITTEN_LOG.take();
    assert_eq!(lines, ["extracts 7 None", "takes it", "waits"]);
}

#[handles(registry = SHAPES)]
fn r#match(OrderPlaced { order_id, .. }: &OrderPlaced) {
    LOG.note(format!("raw {order_id}"));
}

#[handles(registry = SHAPES)]
#[cfg(any())]
fn configured_out(_event: &NotThere) {}

#[handles(registry = SHAPES)]
#[inline]
pub(super) fn with_attributes(
    #[allow(unused)] order: &super::OrderPlaced,
) -> Result<(), std::fmt::Error> {
    LOG.note("attributes");
    Ok(())
}

#[test]
fn every_form_is_discovered() {
    #[handles("co.outcome.order.placed", registry = SHAPES)]
    fn inside_a_function(mut order: OrderPlaced) {
        order.order_id.push('!');
        LOG.note(order.order_id);
    }

    SHAPES.dispatch(&placed()).unwrap();
    let mut lines = LOG.take();
    lines.sort();
    assert_eq!(
        lines,
        [
            "A-1!",
            "attributes",
            "from_a_macro",
            "from_the_same_macro",
            "raw A-1"
        ]
    );
}
