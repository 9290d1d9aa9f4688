//! Dispatchers that cascade: they dispatch the events that handlers return, up to a depth.

use eventkit::binding::http::Problem;
use eventkit::{CloudEvent, DispatchError, Dispatcher, Event, Outgoing, Registry, Report, handles};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "count", source = "/s")]
struct Count {
    left: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "counted", source = "/s")]
struct Counted {
    at: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "nobodys", source = "/s")]
struct Nobodys;

static COUNTING: Registry = Registry::new("counting");

#[handles(registry = COUNTING)]
fn count(count: &Count, outgoing: Outgoing<Counted>) -> Option<Count> {
    outgoing.send(&Counted { at: count.left }).unwrap();
    count.left.checked_sub(1).map(|left| Count { left })
}

#[handles(registry = COUNTING)]
fn note(counted: &Counted) -> Result<Nobodys, String> {
    match counted.at {
        7 => Err("seven".to_owned()),
        _ => Ok(Nobodys),
    }
}

fn dispatcher(registry: &Registry, depth: usize) -> Dispatcher {
    Dispatcher::new(registry).cascade(depth).build().unwrap()
}

fn chains(report: &Report) -> Vec<String> {
    let cascaded = report.cascaded().iter();
    cascaded.map(|own| own.chain().join(" ")).collect()
}

#[tokio::test]
async fn returned_events_are_dispatched_breadth_first() {
    let expected = [
        "count counted",
        "count count",
        "count counted nobodys",
        "count count counted",
        "count count counted nobodys",
    ];
    let app = dispatcher(&COUNTING, 3);
    let sync = app.dispatch(&Count { left: 1 }).unwrap();
    let asynchronous = app.dispatch_async(&Count { left: 1 }).await.unwrap();
    let enveloped = app
        .dispatch(&Count { left: 1 }.to_event().unwrap())
        .unwrap();
    for report in [sync, asynchronous, enveloped] {
        assert_eq!(chains(&report), expected);
        assert!(
            report
                .events()
                .iter()
                .map(Event::ty)
                .eq(["counted", "count"])
        );
        assert_eq!(report.cascaded()[0].report.events()[0].ty(), "nobodys");
        assert!(report.cascaded()[2].report.is_empty());
        let lines = report.to_string();
        assert_eq!(lines.lines().count(), 4, "{lines}");
        assert!(
            lines.contains("count -> count: dispatch::cascade::count ("),
            "{lines}"
        );
    }
}

#[test]
fn nothing_is_cascaded_by_default() {
    let report = COUNTING.dispatch(&Count { left: 9 }).unwrap();
    assert_eq!((report.events().len(), report.cascaded().len()), (2, 0));
    let app = Dispatcher::new(&COUNTING).build().unwrap();
    assert!(
        app.dispatch(&Count { left: 9 })
            .unwrap()
            .cascaded()
            .is_empty()
    );
}

#[tokio::test]
async fn an_event_beyond_the_depth_is_an_error_that_names_the_chain() {
    let app = dispatcher(&COUNTING, 2);
    let count = Count { left: 4 };
    for outcome in [app.dispatch(&count), app.dispatch_async(&count).await] {
        let error = outcome.unwrap_err();
        assert_eq!(
            error.to_string(),
            "failed to dispatch a returned event (\"count\" -> \"count\" -> \"count\" -> \"counted\"): the cascade exceeds the maximum depth of 2"
        );
        // The events within the depth were handled.
        assert_eq!(error.report().unwrap().cascaded().len(), 5);
        assert_eq!(Problem::from(&error).status(), 500);
    }
    // An event without handlers does not exceed the depth.
    assert!(
        dispatcher(&COUNTING, 1)
            .dispatch(&Counted { at: 1 })
            .is_ok()
    );
    assert!(app.dispatch(&Count { left: 0 }).is_ok());
}

#[tokio::test]
async fn an_unlimited_depth_ends_with_the_last_event() {
    let app = dispatcher(&COUNTING, usize::MAX);
    let count = Count { left: 3 };
    for outcome in [app.dispatch_async(&count).await, app.dispatch(&count)] {
        assert_eq!(outcome.unwrap().cascaded().len(), 3 + 4 + 4);
    }
}

#[test]
fn a_failing_handler_does_not_stop_the_others() {
    let app = dispatcher(&COUNTING, 4);
    let error = dispatcher(&COUNTING, 10)
        .dispatch(&Count { left: 8 })
        .unwrap_err();
    let DispatchError::Failed(report) = &error else {
        panic!("{error}");
    };
    assert!(report.failures().next().is_none());
    assert_eq!(report.cascaded().len(), 8 + 9 + 8);
    let message = error.to_string();
    assert!(
        message.starts_with("1 of 18 handlers failed: "),
        "{message}"
    );
    assert!(message.ends_with(": seven"), "{message}");
    assert_eq!(Problem::from(&error).status(), 500);
    // The cascade exceeds its depth, and a handler failed.
    let error = app.dispatch(&Count { left: 8 }).unwrap_err();
    assert!(matches!(error, DispatchError::Cascade(_)));
}

static ASYNC: Registry = Registry::new("cascades to async");

#[handles(registry = ASYNC)]
fn start(_: &Count) -> Counted {
    unreachable!("a later handler is async")
}

#[handles(registry = ASYNC)]
async fn wait(_: &Counted) {}

#[handles("nobodys", registry = ASYNC)]
fn forward(_: &Event) -> Event {
    Counted { at: 1 }.to_event().unwrap()
}

#[test]
fn an_async_handler_is_refused_before_the_first_one_runs() {
    let app = dispatcher(&ASYNC, 1);
    let error = app.dispatch(&Count { left: 1 }).unwrap_err();
    assert!(matches!(error, DispatchError::AsyncHandler { ty, .. } if ty == "counted"));
    // If the event type was unknown before, the event is refused when it is returned.
    let error = app.dispatch(&Nobodys).unwrap_err();
    let DispatchError::Cascade(error) = error else {
        panic!("{error}");
    };
    assert_eq!(error.chain(), ["nobodys", "counted"]);
    assert_eq!(error.report().events().len(), 1);
    assert!(
        error.to_string().contains("use `dispatch_async`"),
        "{error}"
    );
}
