//! Handlers with filters.

use eventkit::filter::Filter;
use eventkit::filter::cesql::{Function, Functions, Type};
use eventkit::{CloudEvent, DispatchError, Event, Failure, Registry, handles};
use serde::{Deserialize, Serialize, Serializer};

use super::{Log, OrderPlaced, placed};

static LOG: Log = Log::new();
static MARKED: Registry = Registry::new("marked");

#[handles("marked", registry = MARKED, filter = "subject LIKE 'eu-%' AND n > 3")]
fn eu(event: &Event) {
    LOG.note(format!("eu {}", event.id()));
}

#[handles("marked", registry = MARKED, order = 1)]
async fn all(event: Event) {
    LOG.note(format!("all {}", event.id()));
}

fn marked(id: &str, subject: &str, n: i32) -> Event {
    let builder = Event::builder().id(id).source("/s").ty("marked");
    builder.subject(subject).extension("n", n).build().unwrap()
}

#[tokio::test]
async fn a_handler_only_runs_for_events_that_match_its_filter() {
    let report = MARKED
        .dispatch_async(&marked("1", "eu-7", 4))
        .await
        .unwrap();
    assert_eq!(LOG.take(), ["eu 1", "all 1"]);
    assert_eq!(report.filtered_out().count(), 0);

    let report = MARKED
        .dispatch_async(&marked("2", "eu-7", 3))
        .await
        .unwrap();
    assert_eq!(LOG.take(), ["all 2"]);
    let lines: Vec<String> = report.iter().map(|handled| handled.to_string()).collect();
    assert!(
        lines[0].ends_with("): filtered out by subject LIKE 'eu-%' AND n > 3"),
        "{}",
        lines[0]
    );
    assert!(lines[1].ends_with("): ok"), "{}", lines[1]);
    let names: Vec<&str> = report
        .filtered_out()
        .map(|(handler, _)| handler.name())
        .collect();
    assert_eq!(names, [concat!(module_path!(), "::eu")]);
}

fn unreachable_handler() {
    panic!("it ran");
}

#[test]
fn a_filter_that_cannot_be_evaluated_is_a_failure() {
    let registry = Registry::new("errors");
    registry
        .with_filter(Filter::sql("n > 3").unwrap())
        .register("t", |_: &Event| unreachable_handler());
    registry.register("t", |_: &Event| {});
    let event = Event::builder().source("/s").ty("t").build().unwrap();
    let error = registry.dispatch(&event).unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with("1 of 2 handlers failed: "), "{message}");
    let reason = "failed to evaluate the filter: `n > 3`: the event has no attribute `n`";
    assert!(message.ends_with(reason), "{message}");
    let DispatchError::Failed(report) = error else {
        panic!("{error}");
    };
    assert!(matches!(
        report.failures().next(),
        Some((_, Failure::Filter(_)))
    ));
    assert_eq!(report.filtered_out().count(), 0);
}

#[test]
fn a_panicking_filter_function_only_fails_its_handler() {
    let mut functions = Functions::default();
    let panics = Function::new("PANICS", [], Type::Boolean, |_| panic!("ouch"));
    functions.register(panics).unwrap();
    let registry = Registry::new("panics");
    let filter = Filter::sql_with("PANICS()", &functions).unwrap();
    registry.with_filter(filter).register("t", |_: &Event| {});
    registry.register("t", |_: &Event| {});
    let event = Event::builder().source("/s").ty("t").build().unwrap();
    let message = registry.dispatch(&event).unwrap_err().to_string();
    assert!(message.starts_with("1 of 2 handlers failed"), "{message}");
    assert!(message.ends_with("panicked: ouch"), "{message}");
}

/// An event type that cannot be encoded.
#[derive(Debug, Clone, Deserialize)]
struct Never;

impl Serialize for Never {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("the data was encoded"))
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "sealed", source = "/s")]
struct Sealed {
    #[cloudevent(subject)]
    subject: String,
    data: Never,
}

#[test]
fn the_data_of_a_typed_value_is_not_encoded_for_a_filter() {
    let registry = Registry::new("sealed");
    let filter = Filter::sql("subject = 'a' AND type = 'sealed'").unwrap();
    registry
        .with_filter(filter.clone())
        .register_typed(|_: &Sealed| {});
    registry
        .with_filter(filter)
        .register_typed_async(|_: Sealed| async {});
    let sealed = |subject: &str| Sealed {
        subject: subject.to_owned(),
        data: Never,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let dispatch = |value: &Sealed| runtime.block_on(registry.dispatch_async(value)).unwrap();
    assert_eq!(dispatch(&sealed("a")).filtered_out().count(), 0);
    assert_eq!(dispatch(&sealed("b")).filtered_out().count(), 2);
}

#[test]
fn a_filter_on_id_or_time_gets_the_envelope() {
    let registry = Registry::new("envelope");
    let filter = Filter::sql("EXISTS time AND LENGTH(id) = 36").unwrap();
    registry
        .with_filter(filter)
        .register_typed(|_: &OrderPlaced| {});
    assert_eq!(
        registry.dispatch(&placed()).unwrap().filtered_out().count(),
        0
    );
}

#[test]
fn the_metadata_of_a_handler_has_its_filter() {
    let registry = Registry::new("known");
    let filter = Filter::prefix([("subject", "eu-")]).unwrap();
    registry
        .with_filter(filter.clone())
        .register("t", |_: &Event| {});
    registry
        .handlers()
        .for_each(|handler| assert_eq!(handler.filter(), Some(&filter)));
    let mut filters = Vec::new();
    MARKED
        .handlers()
        .for_each(|handler| filters.push(handler.filter().map(ToString::to_string)));
    assert_eq!(
        filters,
        [Some("subject LIKE 'eu-%' AND n > 3".to_owned()), None]
    );
}
