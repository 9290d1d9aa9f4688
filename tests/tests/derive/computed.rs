//! Attributes that functions compute.

use std::borrow::Cow;

use eventkit::event::{AttributeValue, Timestamp};
use eventkit::format::Json;
use eventkit::{CloudEvent, Event, Registry, handles};
use eventkit_tests::refusal::assert_violations;
use serde::{Deserialize, Serialize};

use crate::assert_round_trip;

mod config {
    pub(super) fn region<T>(_: &T) -> &'static str {
        "eu"
    }
}

fn key<T>(_: &T) -> Cow<'_, str> {
    "k-7".into()
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "co.outcome.order.placed",
    id = Self::event_id,
    source = Placed::source,
    subject = Self::customer,
    time = self::at,
    region = config::region,
    partitionkey = key,
    extension(types = Self::lines, urgent = Self::is_urgent, note = <Placed as Noted>::note)
)]
struct Placed {
    shop: u32,
    customer: Option<String>,
    lines: Vec<String>,
}

trait Noted {
    fn note(&self) -> Option<&str>;
}

impl Noted for Placed {
    fn note(&self) -> Option<&str> {
        self.lines.first().map(|line| &**line)
    }
}

fn at(_: &Placed) -> Timestamp {
    "2026-01-31T09:30:00Z".parse().unwrap()
}

impl Placed {
    fn event_id(&self) -> u64 {
        u64::MAX - u64::from(self.shop)
    }

    fn source(&self) -> String {
        format!("/shops/{}", self.shop)
    }

    fn customer(&self) -> Option<&str> {
        self.customer.as_deref()
    }

    fn lines(&self) -> usize {
        self.lines.len()
    }

    fn is_urgent(&self) -> bool {
        self.shop == 7
    }
}

fn placed() -> Placed {
    Placed {
        shop: 7,
        customer: Some("c-7".into()),
        lines: vec!["book".into()],
    }
}

#[test]
fn each_function_computes_its_attribute() {
    let event = placed().to_event().unwrap();
    assert_eq!(event.id(), "18446744073709551608");
    assert_eq!(event.source(), "/shops/7");
    assert_eq!(event.subject(), Some("c-7"));
    assert_eq!(event.time().unwrap().to_string(), "2026-01-31T09:30:00Z");
    assert_eq!(event.extension("region").unwrap(), &"eu");
    assert_eq!(event.extension("partitionkey").unwrap(), &"k-7");
    assert_eq!(event.extension("note").unwrap(), &"book");
    let typed = ["types", "urgent"].map(|name| event.extension(name).unwrap().clone());
    assert!(matches!(
        typed,
        [AttributeValue::Integer(1), AttributeValue::Boolean(true)]
    ));
    assert_eq!(
        (Placed::SOURCE, Placed::TYPE),
        (None, "co.outcome.order.placed")
    );
}

#[test]
fn computed_attributes_are_ignored_when_decoding() {
    assert_round_trip(&placed());
    let event = placed().event_builder().unwrap().source("/other");
    let event = event.build().unwrap();
    assert_eq!(event.source(), "/other");
    assert_eq!(Placed::try_from(&event).unwrap(), placed());
}

#[test]
fn every_encoder_computes_the_attributes() {
    let event = placed().to_event().unwrap();
    let bytes = Json.encode_typed(&placed()).unwrap();
    assert_eq!(
        eventkit::format::Format::decode(&Json, bytes).unwrap(),
        event
    );
    assert_eq!(Event::try_from(&placed()).unwrap(), event);
}

#[test]
fn an_absent_value_leaves_the_attribute_unset() {
    let placed = Placed {
        customer: None,
        lines: vec![],
        ..placed()
    };
    let event = placed.to_event().unwrap();
    assert_eq!((event.subject(), event.extension("note")), (None, None));
}

static EUROPEAN: Registry = Registry::new("european");

#[handles(filter = "region = 'eu' AND source LIKE '/shops/%'", registry = EUROPEAN)]
fn european(_: &Placed) {}

#[handles(filter = "region = 'us'", registry = EUROPEAN)]
fn american(_: &Placed) {}

#[test]
fn filters_read_computed_attributes() {
    let report = EUROPEAN.dispatch(&placed()).unwrap();
    let filtered = report.filtered_out().map(|(handler, _)| handler.name());
    assert!(filtered.eq(["derive::computed::american"]));
    assert_eq!(report.len(), 2);
}

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.wrong", source = Self::nothing, time = Self::never, count = Self::count)]
struct Wrong {
    count: u64,
}

impl Wrong {
    fn nothing(&self) -> &'static str {
        let _ = self;
        ""
    }

    fn never(&self) -> Option<String> {
        (self.count > 1).then(|| "soon".into())
    }

    fn count(&self) -> u64 {
        self.count
    }
}

#[test]
fn an_invalid_computed_value_is_an_error() {
    let violations = |count| {
        let error = Wrong { count }.to_event().unwrap_err();
        eventkit_tests::refusal::chain(&error)
    };
    assert!(
        violations(1).contains("a non-empty URI-reference"),
        "{}",
        violations(1)
    );
    assert!(
        violations(2).contains("a Timestamp (RFC 3339)"),
        "{}",
        violations(2)
    );
    let builder = Wrong { count: 1 }.event_builder().unwrap();
    assert_violations(builder.build(), &[("source", "core, source")]);
    Wrong { count: 1 << 40 }.to_event().unwrap_err();
}

/// The path may come from another macro than the struct.
macro_rules! computed {
    ($name:ident, $($function:tt)*) => {
        #[derive(Serialize, Deserialize, CloudEvent)]
        #[cloudevent(type = "co.outcome.made", source = $($function)*)]
        struct $name<T> {
            of: T,
        }
    };
}

computed!(Made, made_source);
computed!(MadeByItself, Self::source);

fn made_source<T>(_: &Made<T>) -> &'static str {
    "/made"
}

impl<T> MadeByItself<T> {
    fn source(&self) -> Cow<'static, str> {
        let _ = &self.of;
        Cow::Borrowed("/itself")
    }
}

#[test]
fn structs_from_macros_and_with_parameters_can_compute_attributes() {
    assert_eq!(Made { of: 1 }.to_event().unwrap().source(), "/made");
    assert_eq!(
        MadeByItself { of: 1 }.to_event().unwrap().source(),
        "/itself"
    );
}
