//! Closures with extractors.

use std::sync::Arc;

use eventkit::extension::PartitionKey;
use eventkit::extract::Time;
use eventkit::{
    BoxError, CloudEvent, Context, Dispatcher, DispatcherError, Event, Extract, Outgoing, Registry,
    State,
};

use super::{Log, OrderEvent, OrderPlaced, placed};

type SharedLog = State<Arc<Log>>;

/// The first segment of the source.
struct Tenant(String);

impl<'a> Extract<'a> for Tenant {
    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        let tenant = context.event().source().split('/').nth(1);
        Ok(Self(tenant.ok_or("no tenant")?.to_owned()))
    }
}

fn app(registry: &Registry, log: &Arc<Log>) -> Dispatcher {
    let app = Dispatcher::new(registry).state(Arc::clone(log));
    app.build().unwrap()
}

#[test]
fn a_closure_takes_state_and_other_extractors() {
    let registry = Registry::new("closures");
    registry.register("co.outcome.*", |event: &Event, State(log): SharedLog| {
        log.note(format!("envelope {}", event.ty()));
    });
    registry.register_typed(|order: &OrderPlaced, State(log): SharedLog| {
        log.note(format!("typed {}", order.order_id));
    });
    registry.register_typed(
        |order: &OrderEvent,
         Tenant(tenant): Tenant,
         State(log): SharedLog,
         Time(_): Time,
         key: Option<PartitionKey>,
         absent: Option<State<u8>>| {
            let key = key.map(|key| key.to_string());
            log.note(format!(
                "{} {tenant} {key:?} {}",
                order.event_type(),
                absent.is_none()
            ));
        },
    );

    let log = Arc::new(Log::default());
    app(&registry, &log).dispatch(&placed()).unwrap();
    let expected = [
        "envelope co.outcome.order.placed",
        "typed A-1",
        "co.outcome.order.placed shop None true",
    ];
    assert_eq!(log.take(), expected);

    let event = placed().to_event().unwrap();
    app(&registry, &log).dispatch(&event).unwrap();
    assert_eq!(log.take(), expected);
}

#[tokio::test]
async fn an_async_closure_takes_the_event_by_value_and_extractors() {
    let registry = Registry::new("async closures");
    registry.register_async("*", |event: Event, State(log): SharedLog| async move {
        tokio::task::yield_now().await;
        log.note(format!("envelope {}", event.ty()));
    });
    registry.register_typed_async(
        |order: OrderPlaced, State(log): SharedLog, Tenant(tenant): Tenant| async move {
            tokio::task::yield_now().await;
            log.note(format!("typed {} {tenant}", order.order_id));
            Err::<(), _>("no")
        },
    );
    registry.register_typed_async(async |order: OrderPlaced, State(log): SharedLog| {
        log.note(format!("closure {}", order.order_id));
    });

    let log = Arc::new(Log::default());
    let report = app(&registry, &log).dispatch_async(&placed()).await;
    assert_eq!(report.unwrap_err().report().unwrap().failures().count(), 1);
    assert_eq!(
        log.take(),
        [
            "envelope co.outcome.order.placed",
            "typed A-1 shop",
            "closure A-1"
        ]
    );
}

#[test]
fn missing_state_of_a_closure_is_an_error_of_building_the_dispatcher() {
    let registry = Registry::new("stateful closures");
    registry.register("*", |_: &Event, _: State<u8>, _: SharedLog| {});
    let Err(DispatcherError::MissingState(missing)) = Dispatcher::new(&registry).build() else {
        panic!("a dispatcher without state should not be built");
    };
    assert_eq!(missing.len(), 1);
    assert!(missing[0].contains("State<u8>"), "{}", missing[0]);
    registry.dispatch(&placed()).unwrap_err();
}

#[test]
fn only_extractors_other_than_state_need_an_envelope() {
    #[derive(serde::Serialize, serde::Deserialize, CloudEvent)]
    #[cloudevent(type = "co.outcome.sourceless")]
    struct Sourceless(u8);

    let registry = Registry::new("envelopes of closures");
    registry.register_typed(|_: &Sourceless, State(log): SharedLog| log.note("called"));
    let log = Arc::new(Log::default());
    app(&registry, &log).dispatch(&Sourceless(1)).unwrap();
    assert_eq!(log.take(), ["called"]);

    registry.register_typed(|_: &Sourceless, _: Tenant| {});
    app(&registry, &log).dispatch(&Sourceless(1)).unwrap_err();
    assert!(log.take().is_empty(), "no handler should run");
}

#[test]
fn a_closure_sends_events() {
    let registry = Registry::new("sending closures");
    registry.register("t", |_: &Event, outgoing: Outgoing<OrderPlaced>| {
        outgoing.send(&placed()).map_err(BoxError::from)
    });
    let event = Event::builder().source("/s").ty("t").build().unwrap();
    let report = registry.dispatch(&event).unwrap();
    assert_eq!(report.events()[0].ty(), OrderPlaced::TYPE);
    let handler = registry.handlers().next().unwrap();
    assert!(handler.emits().eq([OrderPlaced::TYPE]));
}

#[test]
fn a_failed_extractor_only_fails_its_closure() {
    let registry = Registry::new("failing closures");
    registry.register("*", |_: &Event, _: PartitionKey| -> () {
        panic!("the closure should not be called")
    });
    registry.register("*", |_: &Event| {});
    let error = registry.dispatch(&placed()).unwrap_err();
    assert_eq!(error.report().unwrap().failures().count(), 1);
    assert!(error.to_string().contains("partitionkey"), "{error}");
}

#[test]
fn a_function_can_be_registered_like_a_closure() {
    fn note(order: &OrderPlaced, State(log): SharedLog) {
        log.note(&order.order_id);
    }

    let registry = Registry::new("functions as closures");
    registry.register_typed(note);
    let log = Arc::new(Log::default());
    app(&registry, &log).dispatch(&placed()).unwrap();
    assert_eq!(log.take(), ["A-1"]);
}
