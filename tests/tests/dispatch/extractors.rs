//! Parameters of handlers after the event.

use std::sync::Arc;

use eventkit::extract::{Id, Source, Subject, Time, Type};
use eventkit::{
    BoxError, Context, DispatchError, Dispatcher, DispatcherError, Event, Extract, Registry, State,
    handles,
};

use super::{Log, OrderPlaced, placed};

static EXTRACTED: Registry = Registry::new("extracted");

#[derive(Clone)]
struct Db(Arc<Log>);

/// The first segment of the source.
struct Tenant(String);

impl<'a> Extract<'a> for Tenant {
    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        let tenant = context
            .event()
            .source()
            .split('/')
            .nth(1)
            .filter(|tenant| !tenant.is_empty());
        Ok(Self(tenant.ok_or("the source has no tenant")?.to_owned()))
    }
}

#[handles(registry = EXTRACTED)]
#[allow(clippy::too_many_arguments)]
fn everything(
    order: &OrderPlaced,
    State(db): State<Db>,
    Id(id): Id<'_>,
    Source(source): Source<'_>,
    Type(ty): Type<'_>,
    Subject(subject): Subject<'_>,
    Time(time): Time,
    Tenant(tenant): Tenant,
    #[extension("priority")] priority: i32,
    #[extension("region")] region: Option<String>,
    context: &Context<'_>,
) {
    db.0.note(format!(
        "{} {id} {source} {ty} {subject} {time} {tenant} {priority} {region:?}",
        order.order_id
    ));
    db.0.note(context.handler().name());
    assert!(context.state::<Db>().is_some());
}

fn event() -> Event {
    let builder = eventkit::CloudEvent::event_builder(&placed()).unwrap();
    let time: eventkit::event::Timestamp = "2026-01-31T09:30:00Z".parse().unwrap();
    builder
        .id("7")
        .subject("c-7")
        .time(time)
        .extension("priority", "3")
        .build()
        .unwrap()
}

fn app(log: &Arc<Log>) -> Dispatcher {
    Dispatcher::new(&EXTRACTED)
        .state(Db(Arc::clone(log)))
        .build()
        .unwrap()
}

#[test]
fn parameters_are_extracted_from_event_and_state() {
    let log = Arc::new(Log::default());
    app(&log).dispatch(&event()).unwrap();
    let lines = log.take();
    let expected =
        "A-1 7 /shop/orders co.outcome.order.placed c-7 2026-01-31T09:30:00Z shop 3 None";
    assert_eq!(lines[0], expected);
    assert!(lines[1].ends_with("extractors::everything"));
}

#[test]
fn an_absent_attribute_fails_the_handler_with_its_name() {
    let log = Arc::new(Log::default());
    for (name, message) in [
        ("priority", "attribute `priority` is missing"),
        ("", "attribute `subject` is missing"),
    ] {
        let mut event = event();
        if event.remove_extension(name).is_none() {
            event.set_subject(None).unwrap();
        }
        let error = app(&log).dispatch(&event).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
        assert!(log.take().is_empty(), "the handler should not be called");
    }
}

#[test]
fn missing_state_is_an_error_of_building_the_dispatcher() {
    let error = Dispatcher::new(&EXTRACTED).build().unwrap_err();
    assert!(error.to_string().contains(".state(..)"), "{error}");
    let DispatcherError::MissingState(missing) = error else {
        panic!("{error}");
    };
    assert_eq!(missing.len(), 1);
    assert!(
        missing[0].contains("extractors::everything") && missing[0].contains("Db>"),
        "{}",
        missing[0]
    );

    let error = EXTRACTED.dispatch(&event()).unwrap_err();
    assert!(
        matches!(error, DispatchError::MissingState { .. }),
        "{error}"
    );
    assert!(
        error.to_string().contains("through a `Dispatcher`"),
        "{error}"
    );
}

static STATEFUL: Registry = Registry::new("stateful");

#[handles(registry = STATEFUL)]
fn count(_order: &OrderPlaced, State(log): State<Arc<Log>>) {
    log.note("counted");
}

#[derive(Debug, serde::Serialize, serde::Deserialize, eventkit::CloudEvent)]
#[cloudevent(type = "co.outcome.quiet")]
struct Quiet(u8);

#[handles(registry = STATEFUL)]
fn quiet(_event: &Quiet, State(log): State<Arc<Log>>) {
    log.note("quiet");
}

#[test]
fn state_alone_needs_no_envelope() {
    let log = Arc::new(Log::default());
    let app = Dispatcher::new(&STATEFUL)
        .state(Arc::clone(&log))
        .build()
        .unwrap();
    // The value has no source, so it could not be encoded as an envelope.
    app.dispatch(&Quiet(1)).unwrap();
    assert_eq!(log.take(), ["quiet"]);
}

#[handles("*", registry = OPTIONAL)]
fn optional(_event: &Event, log: Option<State<Arc<Log>>>) {
    if let Some(State(log)) = log {
        log.note("there");
    }
}

#[handles(registry = OPTIONAL)]
fn typed_optional(_event: &Quiet, log: Option<State<Arc<Log>>>, _: Option<State<Db>>) {
    if let Some(State(log)) = log {
        log.note("typed");
    }
}

static OPTIONAL: Registry = Registry::new("optional");

#[test]
fn optional_state_may_be_missing() {
    OPTIONAL.dispatch(&event()).unwrap();
    let without = Dispatcher::new(&OPTIONAL).build().unwrap();
    without.dispatch(&event()).unwrap();

    let log = Arc::new(Log::default());
    let with = Dispatcher::new(&OPTIONAL).state(Arc::clone(&log));
    with.build().unwrap().dispatch(&event()).unwrap();
    assert_eq!(log.take(), ["there"]);
}

static OPTIONAL_ALONE: Registry = Registry::new("optional alone");

#[test]
fn optional_state_needs_no_envelope() {
    OPTIONAL_ALONE.add(eventkit::handlers![typed_optional]);
    let log = Arc::new(Log::default());
    let app = Dispatcher::new(&OPTIONAL_ALONE).state(Arc::clone(&log));
    app.build().unwrap().dispatch(&Quiet(1)).unwrap();
    assert_eq!(log.take(), ["typed"]);
}

#[test]
fn an_extractor_can_be_tested_with_a_context() {
    let log = Arc::new(Log::default());
    let builder = Context::builder(event())
        .state(Db(Arc::clone(&log)))
        .handler_name("shop::ship");
    let context = builder.build();
    assert_eq!(context.event(), &event());
    assert_eq!(context.handler().name(), "shop::ship");
    assert_eq!(Tenant::extract(&context).unwrap().0, "shop");
    assert_eq!(Id::extract(&context).unwrap(), Id("7"));
    assert!(State::<Db>::extract(&context).is_ok());
    assert!(State::<u8>::extract(&context).is_err());
    assert!(Option::<State<u8>>::extract(&context).unwrap().is_none());

    let outgoing: eventkit::Outgoing = Extract::extract(&context).unwrap();
    outgoing.send_event(event()).unwrap();
    let same: eventkit::Outgoing = Extract::extract(&context).unwrap();
    assert_eq!(same.events(), [event()]);
}
