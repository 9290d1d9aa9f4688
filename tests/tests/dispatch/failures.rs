//! Failing handlers.

use eventkit::binding::http::Problem;
use eventkit::{BoxError, Context, Event, Extract, ExtractAsync, Failure, Registry, handles};

use super::{Log, OrderPlaced, placed};

fn event(ty: &str) -> Event {
    let builder = Event::builder().source("/shop").ty(ty);
    builder.build().unwrap()
}

#[derive(Debug)]
struct Outer(std::num::ParseIntError);

impl std::fmt::Display for Outer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the total is wrong")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn errors_and_panics_do_not_affect_other_handlers() {
    static LOG: Log = Log::new();
    let registry = Registry::new("failing");
    registry.register_typed(|_: &OrderPlaced| Err::<(), _>(Outer("x".parse::<u8>().unwrap_err())));
    registry.register_typed(|order: &OrderPlaced| {
        assert!(order.total_cents < 1000, "too much: {}", order.total_cents);
    });
    registry.register_typed(|_: &OrderPlaced| LOG.note("ran"));

    let error = registry.dispatch(&placed()).unwrap_err();
    assert_eq!(LOG.take(), ["ran"]);
    let report = error.report().unwrap();
    let outcomes: Vec<bool> = report
        .iter()
        .map(|handled| handled.failure.is_none())
        .collect();
    assert_eq!(outcomes, [false, false, true]);
    let failures: Vec<&Failure> = report.failures().map(|(_, failure)| failure).collect();
    assert!(matches!(failures[0], Failure::Error { error, .. } if error.is::<Outer>()));
    assert!(matches!(failures[1], Failure::Panic(message) if message == "too much: 1250"));

    let text = error.to_string();
    assert!(text.starts_with("2 of 3 handlers failed: "), "{text}");
    assert_eq!(
        text.matches("invalid digit").count(),
        1,
        "the chain should be printed once: {text}"
    );
    assert!(
        text.contains("dispatch/failures.rs"),
        "the message should contain the location: {text}"
    );
    assert!(std::error::Error::source(&error).is_none());
}

#[test]
fn data_that_does_not_fit_only_fails_typed_handlers() {
    static LOG: Log = Log::new();
    let registry = Registry::new("misfit");
    registry.register_typed(|_: &OrderPlaced| LOG.note("typed"));
    registry.register("*", |_: &Event| LOG.note("envelope"));
    let builder = Event::builder().source("/s").ty("co.outcome.order.placed");
    let event = builder.data_json(&[1, 2]).unwrap().build().unwrap();

    let error = registry.dispatch(&event).unwrap_err();
    assert_eq!(LOG.take(), ["envelope"]);
    let report = error.report().unwrap();
    let (_, failure) = report.failures().next().unwrap();
    assert!(matches!(failure, Failure::Decode(_)), "{failure:?}");
    assert!(report.to_string().contains("OrderPlaced"), "{report}");
}

#[test]
fn strings_and_boxed_errors_can_be_returned() {
    let registry = Registry::new("kinds");
    registry.register("*", |_: &Event| Err::<(), &str>("a text"));
    registry.register("*", |_: &Event| Err::<(), String>("a string".into()));
    registry.register("*", |_: &Event| {
        Err::<(), eventkit::BoxError>("boxed".into())
    });
    let error = registry.dispatch(&placed()).unwrap_err();
    let texts: Vec<String> = error
        .report()
        .unwrap()
        .failures()
        .map(|(_, failure)| failure.to_string())
        .collect();
    assert_eq!(texts, ["a text", "a string", "boxed"]);
}

#[test]
fn the_problem_of_a_failed_dispatch_says_which_side_is_at_fault() {
    let registry = Registry::new("problems");
    registry.register_typed(|_: &OrderPlaced| ());
    let builder = Event::builder().source("/s").ty("co.outcome.order.placed");
    let misfit = builder.data_json(&[1, 2]).unwrap().build().unwrap();
    let problem = |event: &Event| Problem::from(&registry.dispatch(event).unwrap_err());
    assert_eq!(problem(&misfit).status().as_u16(), 422);

    registry.register("*", |_: &Event| Err::<(), _>("no"));
    let ours = problem(&misfit);
    assert_eq!(
        (ours.status().as_u16(), ours.title()),
        (500, "Handlers failed")
    );
    assert!(
        ours.detail().contains("OrderPlaced") && ours.detail().ends_with(": no"),
        "{ours:?}"
    );

    registry.register_async("*", |_: Event| async {});
    assert_eq!(problem(&misfit).title(), "Event not dispatched");
}

#[test]
fn the_alternate_form_of_a_failure_has_its_causes() {
    let failure = Failure::error(Outer("x".parse::<u8>().unwrap_err()));
    assert_eq!(failure.to_string(), "the total is wrong");
    assert_eq!(
        format!("{failure:#}"),
        "the total is wrong: invalid digit found in string"
    );
}

/// An error whose message ends with the message of its source, as many thiserror enums do.
#[derive(Debug)]
struct Database(std::num::ParseIntError);

impl std::fmt::Display for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "database: {}", self.0)
    }
}

impl std::error::Error for Database {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn a_cause_at_the_end_of_a_message_is_not_repeated() {
    let failure = Failure::error(Database("x".parse::<u8>().unwrap_err()));
    assert_eq!(
        format!("{failure:#}"),
        "database: invalid digit found in string"
    );
}

struct Tenant;

impl<'a> Extract<'a> for Tenant {
    fn extract(_: &'a Context<'a>) -> Result<Self, BoxError> {
        Err("no tenant".into())
    }
}

struct Customer;

impl<'a> ExtractAsync<'a> for Customer {
    async fn extract_async(_: &'a Context<'a>) -> Result<Self, BoxError> {
        Err("no customer".into())
    }
}

#[handles("extract", registry = EXTRACTING)]
fn of_a_tenant(_: &Event, _: Tenant) {}

#[handles("extract", registry = EXTRACTING)]
async fn of_a_customer(_: &Event, _: Customer) {}

static EXTRACTING: Registry = Registry::new("extracting");

#[tokio::test]
async fn a_failure_names_the_parameter_that_could_not_be_extracted() {
    let error = EXTRACTING
        .dispatch_async(&event("extract"))
        .await
        .unwrap_err();
    let failures = error.report().unwrap().failures();
    let texts: Vec<String> = failures.map(|(_, own)| format!("{own:#}")).collect();
    let path = module_path!();
    let expected = [("Tenant", "no tenant"), ("Customer", "no customer")];
    let expected = expected.map(|(parameter, error)| {
        format!("failed to extract the parameter `{path}::{parameter}`: {error}")
    });
    assert_eq!(texts, expected);
}

#[test]
fn unwrapping_the_error_of_a_dispatch_prints_the_failures() {
    let registry = Registry::new("unwrapped");
    registry.register("debug", |_: &Event| Err::<(), _>("no"));
    let error = registry.dispatch(&event("debug")).unwrap_err();
    let text = format!("{error:?}");
    assert!(
        text.starts_with(r#"Failed(Report { handlers: [""#),
        "{text}"
    );
    assert!(text.ends_with(r#": no"], events: [] })"#), "{text}");
}
