//! Errors of building a service.

use std::time::Duration;

use eventkit::{Dispatcher, Event, Policy, Registry};
use eventkit_service::memory::Memory;
use eventkit_service::{Service, ServiceIssue};

fn issues(registry: &Registry, name: &str) -> Vec<ServiceIssue> {
    let app = Dispatcher::new(registry).build().unwrap();
    let service = Service::new(name, &app).transport(Memory::new()).build();
    service.unwrap_err().issues().to_vec()
}

#[test]
fn all_issues_are_reported_at_once() {
    let registry = Registry::new("tests");
    let app = Dispatcher::new(&registry).build().unwrap();
    let error = Service::new("no name", &app)
        .policy_for("a.b*", Policy::new())
        .policy_for("a", Policy::new().concurrency(3))
        .policy_for(
            "b",
            Policy::new().circuit_breaker(3, Duration::from_secs(1)),
        )
        .dead_letter_type("a.*")
        .build()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "service \"no name\": \"no name\" is not a valid name: use ASCII letters, digits, `_`, \
         and single `-` between them; no transport is set: add one with `.transport(..)`; the \
         dispatcher has no handlers: are their crates linked in?; \"a.b*\" is not a valid pattern: a `*` must be a \
         whole segment between dots; the policy for \"a\" sets the concurrency, key or circuit breaker: \
         set those on the handler or the service; the policy for \"b\" sets the concurrency, key \
         or circuit breaker: set those on the handler or the service; \"a.*\" is not a valid event \
         type of dead letters: expected `eventkit.deadletter.` and a name"
    );
}

#[test]
fn a_closure_must_have_a_name() {
    let registry = Registry::new("tests");
    registry.register("t", |_: &Event| ());
    let issues = issues(&registry, "tests");
    assert!(
        matches!(&issues[..], [ServiceIssue::Unnamed(handler)] if handler.contains("setup.rs")),
        "{issues:?}"
    );
}

#[test]
fn two_handlers_cannot_share_a_name() {
    let registry = Registry::new("tests");
    registry.with_name("same").register("t", |_: &Event| ());
    registry.with_name("same").register("u", |_: &Event| ());
    registry.with_name("-no").register("u", |_: &Event| ());
    let issues = issues(&registry, "tests");
    assert!(
        matches!(&issues[..], [ServiceIssue::SameName { name, .. }, ServiceIssue::Name(no)]
            if name == "tests--same" && no == "-no"),
        "{issues:?}"
    );
}

#[test]
fn services_and_handles_are_send_and_sync() {
    fn is<T: Send + Sync + Clone + 'static>() {}
    fn sends<T: Send>(_: &T) {}
    is::<eventkit_service::ServiceHandle>();
    is::<eventkit_service::MemoryInbox>();
    is::<eventkit_service::Outgoing>();
    is::<Memory>();
    is::<Policy>();
    let registry = Registry::new("tests");
    registry.with_name("h").register("t", |_: &Event| ());
    let app = Dispatcher::new(&registry).build().unwrap();
    let service = Service::new("s", &app)
        .transport(Memory::new())
        .build()
        .unwrap();
    sends(&service.run_until(std::future::pending()));
}
