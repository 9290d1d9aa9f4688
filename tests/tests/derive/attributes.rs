//! Fields that set attributes.

use chrono::{DateTime, Utc};
use eventkit::event::{AttributeValue, Timestamp, Uri};
use eventkit::{CloudEvent, Event};
use eventkit_tests::refusal::{assert_invalid, chain};
use serde::{Deserialize, Serialize};

use crate::{assert_round_trip, encoded};

#[derive(Debug, Clone, PartialEq, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed")]
struct Placed {
    #[cloudevent(id)]
    event_id: String,
    #[cloudevent(source)]
    shop: String,
    #[cloudevent(subject)]
    customer: String,
    #[cloudevent(time)]
    at: DateTime<Utc>,
    #[cloudevent(extension)]
    tenant: String,
    #[cloudevent(extension = "shippingzone")]
    zone: i32,
    total_cents: u64,
}

fn placed() -> Placed {
    Placed {
        event_id: "e-1".into(),
        shop: "/shops/7".into(),
        customer: "c-7".into(),
        at: "2026-01-31T09:30:00Z".parse().unwrap(),
        tenant: "acme".into(),
        zone: 3,
        total_cents: 1250,
    }
}

#[test]
fn each_field_sets_its_attribute_and_is_not_data() {
    let (event, data) = encoded(&placed());

    assert_eq!(event.id(), "e-1");
    assert_eq!(event.source(), "/shops/7");
    assert_eq!(event.subject(), Some("c-7"));
    assert_eq!(event.time().unwrap().to_string(), "2026-01-31T09:30:00Z");
    assert_eq!(event.extension_as::<String>("tenant").unwrap(), "acme");
    assert_eq!(event.extension_as::<i32>("shippingzone").unwrap(), 3);
    assert_eq!(data, r#"{"total_cents":1250}"#);
    assert_round_trip(&placed());
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.whole", source = "/s")]
struct Whole {
    #[cloudevent(subject)]
    customer: String,
    n: u8,
}

#[test]
fn the_serde_impls_of_the_user_are_unchanged() {
    let whole = Whole {
        customer: "c-7".into(),
        n: 1,
    };
    let json = serde_json::to_string(&whole).unwrap();

    assert_eq!(json, r#"{"customer":"c-7","n":1}"#);
    assert_eq!(serde_json::from_str::<Whole>(&json).unwrap(), whole);
    assert_eq!(encoded(&whole).1, r#"{"n":1}"#);
}

#[test]
fn a_builder_overrides_the_attribute_of_a_field() {
    let event = placed().event_builder().unwrap().id("e-2").build().unwrap();

    assert_eq!(Placed::try_from(&event).unwrap().event_id, "e-2");
}

#[test]
fn the_error_names_a_missing_attribute() {
    let mut event = placed().to_event().unwrap();
    event.remove_extension("tenant");

    assert_invalid(
        Placed::try_from(&event),
        &[("tenant", "as the Rust type requires")],
    );
}

#[test]
fn the_error_names_an_attribute_of_another_type() {
    let mut event = placed().to_event().unwrap();
    event.set_extension("shippingzone", "far").unwrap();
    let error = Placed::try_from(&event).unwrap_err();

    let expected = "not a valid event: attribute `shippingzone` is \"far\", \
                    expected an Integer that fits (as the Rust type requires)";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn an_invalid_attribute_is_refused_when_encoding() {
    let mut order = placed();
    order.customer.clear();
    order.shop = "not a uri".into();
    let error = order.to_event().unwrap_err();

    let violations = error.as_build_error().unwrap().violations();
    let names: Vec<&str> = violations
        .iter()
        .map(eventkit::event::Violation::attribute)
        .collect();
    assert_eq!(names, ["source", "subject"]);
}

#[derive(Debug, PartialEq, Default, CloudEvent)]
#[cloudevent(type = "co.outcome.maybe", source = "/s")]
struct Maybe {
    #[cloudevent(id)]
    id: Option<String>,
    #[cloudevent(subject)]
    subject: Option<String>,
    #[cloudevent(time)]
    time: Option<Timestamp>,
    #[cloudevent(extension)]
    link: Option<Uri>,
    n: u8,
}

#[test]
fn optional_attributes_may_be_absent() {
    let event = Maybe::default().to_event().unwrap();

    assert_eq!(event.subject(), None);
    assert_eq!(event.extensions().len(), 0);
    let back = Maybe::try_from(&event).unwrap();
    assert_eq!(
        back.id.as_deref(),
        Some(event.id()),
        "made up, since the field gave none"
    );
    assert_eq!(back.time, event.time());
    assert_eq!((back.subject, back.link), (None, None));
}

#[test]
fn optional_attributes_may_be_present() {
    assert_round_trip(&Maybe {
        id: Some("e-1".into()),
        subject: Some("s".into()),
        time: Some("2026-01-31T10:30:00.50+01:00".parse().unwrap()),
        link: Some(Uri::new("https://example.com/a").unwrap()),
        n: 1,
    });
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.kept", source = "/s")]
struct Kept {
    #[cloudevent(subject, keep)]
    customer: String,
    n: u8,
}

#[test]
fn a_field_with_keep_is_also_data() {
    let kept = Kept {
        customer: "c-7".into(),
        n: 1,
    };
    let (event, data) = encoded(&kept);

    assert_eq!(event.subject(), Some("c-7"));
    assert_eq!(data, r#"{"customer":"c-7","n":1}"#);
    assert_round_trip(&kept);
}

#[test]
fn a_field_with_keep_is_decoded_from_the_data() {
    let event = Kept {
        customer: "c-7".into(),
        n: 1,
    }
    .event_builder()
    .unwrap();
    let event = event.subject("other").build().unwrap();

    assert_eq!(Kept::try_from(&event).unwrap().customer, "c-7");
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.mixed", source = "/s")]
struct Mixed {
    n: u8,
    #[cloudevent(keep)]
    #[cloudevent(extension)]
    zone: i32,
    #[cloudevent(subject)]
    customer: String,
    m: u8,
}

#[test]
fn fields_with_and_without_keep_can_be_combined() {
    let mixed = Mixed {
        n: 1,
        zone: 2,
        customer: "c".into(),
        m: 3,
    };
    let (event, data) = encoded(&mixed);

    assert_eq!(event.extension_as::<i32>("zone").unwrap(), 2);
    assert_eq!(data, r#"{"n":1,"zone":2,"m":3}"#);
    assert_round_trip(&mixed);
}

#[derive(Debug, PartialEq, CloudEvent)]
#[cloudevent(type = "co.outcome.envelope")]
struct EnvelopeOnly {
    #[cloudevent(source)]
    source: String,
    #[cloudevent(extension)]
    n: i32,
}

#[test]
fn a_struct_with_only_attributes_is_an_event_without_data() {
    let value = EnvelopeOnly {
        source: "/s".into(),
        n: 7,
    };

    assert_eq!(value.to_event().unwrap().data(), None);
    assert_round_trip(&value);
    let event = Event::builder()
        .source("/s")
        .ty(EnvelopeOnly::TYPE)
        .extension("n", "7");
    let event = event.data_text("whatever").build().unwrap();
    assert_eq!(EnvelopeOnly::try_from(&event).unwrap(), value);
}

#[derive(Debug, PartialEq, CloudEvent)]
#[cloudevent(type = "co.outcome.no_serde", source = "/s")]
struct WithoutSerde {
    #[cloudevent(subject)]
    customer: String,
    n: u8,
}

#[test]
fn data_fields_do_not_need_serde_impls_of_the_struct() {
    let value = WithoutSerde {
        customer: "c".into(),
        n: 1,
    };

    assert_eq!(encoded(&value).1, r#"{"n":1}"#);
    assert_round_trip(&value);
}

#[derive(Debug, PartialEq, Clone, Copy, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.counted", source = "/s")]
struct Counted {
    #[cloudevent(id)]
    row: u64,
    #[cloudevent(subject)]
    page: i64,
    #[cloudevent(extension)]
    total: u64,
    #[cloudevent(extension)]
    change: Option<i64>,
}

#[test]
fn an_integer_field_of_an_extension_must_fit_an_integer() {
    let counted = Counted {
        row: u64::MAX,
        page: i64::MIN,
        total: 7,
        change: Some(-7),
    };
    let event = counted.to_event().unwrap();
    assert_eq!(event.id(), "18446744073709551615");
    assert_eq!(event.subject(), Some("-9223372036854775808"));
    let values = ["total", "change"].map(|name| event.extension(name).unwrap().clone());
    assert!(matches!(
        values,
        [AttributeValue::Integer(7), AttributeValue::Integer(-7)]
    ));
    assert_round_trip(&counted);

    // Strings are accepted too, even if they exceed an Integer.
    let event = counted
        .event_builder()
        .unwrap()
        .extension("total", "3000000000");
    let read = Counted::try_from(event.build().unwrap()).unwrap();
    assert_eq!(read.total, 3_000_000_000);

    for too_large in [
        Counted {
            total: 1 << 31,
            ..counted
        },
        Counted {
            change: Some(i64::MIN),
            ..counted
        },
    ] {
        let error = too_large.to_event().unwrap_err();
        let text = chain(&error);
        assert!(text.contains("pass a larger number as a string"), "{text}");
    }
}
