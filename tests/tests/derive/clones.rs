//! Clones for handlers that take their event by value.

#![allow(
    clippy::needless_pass_by_value,
    reason = "handlers that own their event are the case"
)]

use eventkit::{CloudEvent, DispatchError, Registry, handles};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU32, Ordering};

/// A separate registry with the given handlers.
macro_rules! registry {
    ($name:ident) => {
        static $name: Registry = Registry::new(stringify!($name));
    };
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.cloned", source = "/s")]
struct Cloned {
    n: u8,
    #[serde(skip)]
    token: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.moved", source = "/s")]
struct Moved {
    n: u8,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.generic", source = "/s")]
struct Generic<T> {
    n: T,
    #[serde(skip)]
    token: String,
}

#[derive(Debug, PartialEq, CloudEvent)]
enum Both {
    Cloned(Cloned),
    Boxed(Box<Generic<u8>>),
}

#[derive(Debug, PartialEq, CloudEvent)]
enum Any<T> {
    One(T),
    Moved(Moved),
}

fn cloned() -> Cloned {
    Cloned {
        n: 1,
        token: "secret".into(),
    }
}

static SECRETS: AtomicU32 = AtomicU32::new(0);

fn seen(token: &str) {
    assert_eq!(token, "secret");
    SECRETS.fetch_add(1, Ordering::Relaxed);
}

registry!(ONE_VALUE);

#[handles(registry = ONE_VALUE)]
fn owns(event: Cloned) {
    seen(&event.token);
}

#[handles(registry = ONE_VALUE)]
fn borrows(event: &Cloned) {
    seen(&event.token);
}

#[handles(registry = ONE_VALUE)]
fn owns_the_enum(event: Both) {
    match event {
        Both::Cloned(event) => seen(&event.token),
        Both::Boxed(event) => seen(&event.token),
    }
}

#[handles(registry = ONE_VALUE)]
fn borrows_the_enum(event: &Both) {
    match event {
        Both::Cloned(event) => seen(&event.token),
        Both::Boxed(event) => seen(&event.token),
    }
}

#[handles("co.outcome.cloned", registry = ONE_VALUE)]
fn borrows_an_enum_with_a_parameter(event: &Any<Cloned>) {
    if let Any::One(event) = event {
        seen(&event.token);
    }
}

#[handles(registry = ONE_VALUE)]
fn owns_a_type_with_a_parameter(event: Generic<u8>) {
    seen(&event.token);
}

#[test]
fn all_handlers_get_the_dispatched_value() {
    ONE_VALUE.dispatch(&cloned()).unwrap();
    assert_eq!(SECRETS.swap(0, Ordering::Relaxed), 5);

    ONE_VALUE.dispatch(&Both::Cloned(cloned())).unwrap();
    assert_eq!(SECRETS.swap(0, Ordering::Relaxed), 5);

    let generic = Generic {
        n: 1_u8,
        token: "secret".to_owned(),
    };
    ONE_VALUE.dispatch(&generic).unwrap();
    assert_eq!(SECRETS.swap(0, Ordering::Relaxed), 3);
}

registry!(MOVING);

#[handles(registry = MOVING)]
fn runs_first(_event: &Moved) {
    panic!("no handler should run");
}

#[handles(registry = MOVING)]
fn moves(_event: Moved) {}

registry!(MOVING_AN_ENUM);

#[handles("co.outcome.moved", registry = MOVING_AN_ENUM)]
fn moves_the_enum(_event: Any<Cloned>) {}

#[test]
fn a_value_that_is_not_clone_is_refused_before_the_first_handler() {
    for registry in [&MOVING, &MOVING_AN_ENUM] {
        let error = registry.dispatch(&Moved { n: 1 }).unwrap_err();
        assert!(
            matches!(&error, DispatchError::NotClone { ty, .. } if ty == "co.outcome.moved"),
            "{error}"
        );
    }
}

registry!(BORROWING_AN_ENUM);

#[handles("co.outcome.moved", registry = BORROWING_AN_ENUM)]
fn borrows_an_enum_of_it(event: &Any<Cloned>) {
    assert_eq!(*event, Any::Moved(Moved { n: 1 }));
}

#[test]
fn an_enum_of_a_value_that_is_not_clone_is_decoded() {
    assert_eq!(
        BORROWING_AN_ENUM.dispatch(&Moved { n: 1 }).unwrap().len(),
        1
    );
}

#[test]
fn each_handler_by_value_decodes_its_own_from_an_envelope() {
    let event = Moved { n: 1 }.to_event().unwrap();
    assert_eq!(MOVING_AN_ENUM.dispatch(&event).unwrap().len(), 1);
}

static DECODED: AtomicU32 = AtomicU32::new(0);

#[derive(Debug, Clone, Serialize, CloudEvent)]
#[cloudevent(type = "co.outcome.counted", source = "/s")]
struct Counted {
    n: u8,
}

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DECODED.fetch_add(1, Ordering::Relaxed);
        u8::deserialize(deserializer).map(|n| Self { n })
    }
}

#[derive(Debug, Clone, CloudEvent)]
enum Counting {
    Counted(Counted),
}

registry!(COUNTING);

#[handles(registry = COUNTING)]
fn owns_one(event: Counted) {
    assert_eq!(event.n, 1);
}

#[handles(registry = COUNTING)]
fn owns_another(event: Counted) {
    assert_eq!(event.n, 1);
}

#[handles(registry = COUNTING)]
fn borrows_it(event: &Counted) {
    assert_eq!(event.n, 1);
}

#[handles(registry = COUNTING)]
fn owns_it_in_an_enum(Counting::Counted(event): Counting) {
    assert_eq!(event.n, 1);
}

#[handles(registry = COUNTING)]
fn borrows_it_in_an_enum(Counting::Counted(event): &Counting) {
    assert_eq!(event.n, 1);
}

#[test]
fn an_envelope_is_decoded_once_for_all_handlers() {
    let event = eventkit::Event::builder()
        .source("/s")
        .ty("co.outcome.counted")
        .data_json(&1)
        .unwrap()
        .build()
        .unwrap();
    assert_eq!(COUNTING.dispatch(&event).unwrap().len(), 5);
    assert_eq!(DECODED.swap(0, Ordering::Relaxed), 1);

    COUNTING.dispatch(&Counted { n: 1 }).unwrap();
    assert_eq!(DECODED.load(Ordering::Relaxed), 0);
}
