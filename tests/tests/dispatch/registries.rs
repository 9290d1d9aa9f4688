//! Registries, and their checks.

use eventkit::{CloudEvent, Event, Registry, RegistryIssue, default_registry, handlers, handles};
use serde::{Deserialize, Serialize};

use super::{Log, OrderPlaced, placed};

static LOG: Log = Log::new();

#[handles]
fn in_default(order: &OrderPlaced) {
    LOG.note(format!("default {}", order.order_id));
}

static OWN: Registry = Registry::new("own");

#[handles(registry = OWN)]
fn in_own(order: &OrderPlaced) {
    LOG.note(format!("own {}", order.order_id));
}

#[test]
fn each_registry_has_its_handlers() {
    eventkit::dispatch(&placed()).unwrap();
    assert_eq!(LOG.take(), ["default A-1"]);
    OWN.dispatch(&placed()).unwrap();
    assert_eq!(LOG.take(), ["own A-1"]);

    let added = Registry::new("added");
    added.add(handlers![in_default, self::in_own]);
    added.add(handlers![in_own]);
    assert_eq!(
        added.dispatch(&placed()).unwrap().len(),
        2,
        "twice added is once there"
    );
    assert_eq!(LOG.take(), ["default A-1", "own A-1"]);
}

#[test]
fn an_event_without_handlers_is_not_an_error() {
    let event = Event::builder()
        .source("/s")
        .ty("co.outcome.unheard")
        .build()
        .unwrap();
    let report = OWN.dispatch(&event).unwrap();
    assert!(report.is_empty());
    assert_eq!(report.to_string(), "no handler");
}

#[test]
fn handlers_registered_after_a_dispatch_run_in_the_next() {
    let registry = Registry::new("late");
    assert!(registry.dispatch(&placed()).unwrap().is_empty());
    registry.register_typed(|_: &OrderPlaced| ());
    assert_eq!(registry.dispatch(&placed()).unwrap().len(), 1);
    registry.register("co.outcome.order.placed", |_: &Event| ());
    assert_eq!(registry.dispatch(&placed()).unwrap().len(), 2);
}

#[test]
fn handlers_can_be_registered_during_a_dispatch() {
    let registry: &'static Registry = Box::leak(Box::new(Registry::new("reentrant")));
    registry.register_typed(move |_: &OrderPlaced| {
        registry.register_typed(|_: &OrderPlaced| ());
        registry.dispatch(&super::cancelled()).unwrap();
    });
    assert_eq!(registry.dispatch(&placed()).unwrap().len(), 1);
    assert_eq!(registry.dispatch(&placed()).unwrap().len(), 2);
}

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.claimed", source = "/s")]
struct First;

mod other {
    use super::{CloudEvent, Deserialize, Serialize};

    #[derive(Debug, Serialize, Deserialize, CloudEvent)]
    #[cloudevent(type = "co.outcome.claimed", source = "/s")]
    pub(super) struct Second;
}

#[test]
fn two_rust_types_of_one_event_type_are_an_issue() {
    let registry = Registry::new("claimed");
    registry.register_typed(|_: &First| ());
    registry.register_typed(|_: &other::Second| ());
    let error = registry.check().unwrap_err();
    assert!(
        matches!(error.issues(), [RegistryIssue::TwoTypes { ty, .. }] if ty == "co.outcome.claimed"),
        "{error}"
    );
    assert!(
        error.to_string().contains("First`") && error.to_string().contains("Second`"),
        "{error}"
    );
}

#[test]
fn expected_handlers_that_are_not_linked_in_are_an_issue() {
    let krate = module_path!().split("::").next().unwrap();
    OWN.expect([krate, module_path!(), concat!(module_path!(), "::in_own")])
        .unwrap();
    let error = OWN
        .expect([module_path!(), "plugin", "dispatch::registries::in_o"])
        .unwrap_err();
    assert_eq!(error.issues().len(), 2);
    assert!(error.to_string().contains("`use plugin as _;`"), "{error}");
}

#[test]
fn an_iterator_of_added_handlers_may_use_the_registry() {
    let registry = Registry::new("added while looked at");
    let missing = handlers![in_default].into_iter();
    registry.add(missing.filter(|own| registry.handlers().all(|added| added.name() != own.name())));
    assert_eq!(registry.handlers().count(), 1);
}

#[test]
#[should_panic(expected = "a `*` must be a whole segment")]
fn a_pattern_that_cannot_match_is_refused() {
    Registry::new("wrong").register("co.out*", |_: &Event| ());
}

#[test]
fn registries_and_reports_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Registry>();
    shared::<eventkit::Dispatcher>();
    shared::<eventkit::Report>();
    shared::<eventkit::DispatchError>();
    assert_eq!(default_registry().name(), "default");
}
