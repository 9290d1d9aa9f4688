//! Async handlers, also together with sync ones.

use eventkit::extract::{Id, Subject};
use eventkit::{
    BoxError, CloudEvent, Context, DispatchError, Dispatcher, ExtractAsync, Registry, Requirements,
    State, handles,
};

use super::{Log, OrderPlaced, placed};

static MIXED: Registry = Registry::new("mixed");
static LOG: Log = Log::new();

#[handles(registry = MIXED, order = 1)]
async fn first(order: &OrderPlaced, Id(id): Id<'_>) {
    tokio::task::yield_now().await;
    LOG.note(format!("first {} {}", order.order_id, id.len()));
}

#[handles(registry = MIXED, order = 2)]
fn second(order: &OrderPlaced) {
    LOG.note(format!("second {}", order.order_id));
}

#[handles(registry = MIXED, order = 3)]
async fn third(order: OrderPlaced) -> Result<(), String> {
    tokio::task::yield_now().await;
    Err(format!("no {}", order.order_id))
}

#[handles(registry = MIXED, order = 4)]
async fn fourth(order: OrderPlaced) {
    tokio::task::yield_now().await;
    panic!("fourth cannot do {}", order.order_id);
}

#[handles(registry = MIXED, order = 5)]
async fn fifth(_order: &OrderPlaced) {
    LOG.note("fifth");
}

#[tokio::test]
async fn handlers_run_in_sequence_and_fail_independently() {
    let error = MIXED.dispatch_async(&placed()).await.unwrap_err();
    assert_eq!(LOG.take(), ["first A-1 36", "second A-1", "fifth"]);
    let report = error.report().unwrap();
    let lines: Vec<String> = report
        .failures()
        .map(|(handler, failure)| format!("{} {failure}", handler.name()))
        .collect();
    assert_eq!(lines.len(), 2);
    assert!(
        lines[0].ends_with("::asynchronous::third no A-1"),
        "{}",
        lines[0]
    );
    assert!(
        lines[1].ends_with("::asynchronous::fourth panicked: fourth cannot do A-1"),
        "{}",
        lines[1]
    );
}

#[test]
fn a_sync_dispatch_is_refused_before_the_first_handler_runs() {
    static CALLED: Log = Log::new();
    let registry = Registry::new("refusing");
    registry.register_typed(|_: &OrderPlaced| CALLED.note("ran"));
    registry.register_typed_async(|_: OrderPlaced| async {});
    let error = registry.dispatch(&placed()).unwrap_err();
    assert!(matches!(error, DispatchError::AsyncHandler { .. }));
    assert!(
        error.to_string().contains("use `dispatch_async`"),
        "{error}"
    );
    assert!(CALLED.take().is_empty());
}

#[tokio::test]
async fn the_future_of_a_dispatch_can_be_spawned() {
    static SPAWNED: Registry = Registry::new("spawned");
    SPAWNED.register_typed_async(|_: OrderPlaced| async { Err::<(), _>("no") });
    let task = tokio::spawn(async { SPAWNED.dispatch_async(&placed()).await.is_err() });
    assert!(task.await.unwrap());
}

#[tokio::test]
async fn closures_can_be_async() -> Result<(), Box<dyn std::error::Error>> {
    static SEEN: Log = Log::new();
    let registry = Registry::new("closures");
    registry.register_async("co.outcome.*", async |event: eventkit::Event| {
        SEEN.note(event.ty());
    });
    registry.register_typed_async(async |order: OrderPlaced| SEEN.note(order.order_id));
    assert_eq!(registry.dispatch_async(&placed()).await?.len(), 2);
    assert_eq!(SEEN.take(), ["co.outcome.order.placed", "A-1"]);
    Ok(())
}

/// The state of [`Customer`].
#[derive(Clone)]
struct Customers(&'static str);

/// Extracted asynchronously.
struct Customer(String);

impl<'a> ExtractAsync<'a> for Customer {
    async fn extract_async(context: &'a Context<'a>) -> Result<Self, BoxError> {
        let customers = context.state::<Customers>().ok_or("no customers")?.0;
        tokio::task::yield_now().await;
        match context.event().subject() {
            Some(id) => Ok(Self(format!("{customers} {id}"))),
            None => Err("no customer".into()),
        }
    }

    fn requires(requirements: &mut Requirements) {
        requirements.state::<Customers>();
    }
}

static CUSTOMERS: Registry = Registry::new("customers");
static CUSTOMER_LOG: Log = Log::new();

#[handles(registry = CUSTOMERS)]
async fn greet(
    order: &OrderPlaced,
    Customer(name): Customer,
    State(Customers(customers)): State<Customers>,
    subject: Option<Subject<'_>>,
    Customer(again): Customer,
) {
    CUSTOMER_LOG.note(format!(
        "{} {name} {customers} {subject:?} {again}",
        order.order_id
    ));
}

#[tokio::test]
async fn an_extractor_of_an_async_handler_may_await() {
    let app = Dispatcher::new(&CUSTOMERS).state(Customers("old")).build();
    let app = app.unwrap();
    let event = placed().event_builder().unwrap().subject("7");
    app.dispatch_async(&event.build().unwrap()).await.unwrap();
    assert_eq!(
        CUSTOMER_LOG.take(),
        [r#"A-1 old 7 old Some(Subject("7")) old 7"#]
    );

    let without = placed().event_builder().unwrap().build().unwrap();
    let error = app.dispatch_async(&without).await.unwrap_err();
    assert!(error.to_string().contains("no customer"), "{error}");
    assert!(CUSTOMER_LOG.take().is_empty());
}

#[test]
fn missing_state_of_an_async_extractor_is_an_error_of_building_the_dispatcher() {
    let error = Dispatcher::new(&CUSTOMERS).build().unwrap_err();
    assert!(error.to_string().contains("Customers"), "{error}");
}
