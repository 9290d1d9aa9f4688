//! The event builder: defaults, checks, and errors with all violations.

use eventkit::event::AttributeValue;
use eventkit::{CloudEvent, Event};
use eventkit_tests::message::{full, minimal};
use eventkit_tests::refusal::assert_violations;

#[test]
fn every_attribute_is_kept() {
    let time: eventkit::event::Timestamp = "2026-01-31T09:30:00Z".parse().unwrap();
    let event = Event::builder()
        .id("A-1")
        .source("https://example.com/shop#orders")
        .ty("co.outcome.order.placed")
        .subject("customer/7")
        .time(time)
        .data_content_type("text/plain")
        .data_schema("https://example.com/schema?v=1")
        .extension("priority", 7)
        .data_text("hello")
        .build()
        .unwrap();

    assert_eq!(event.id(), "A-1");
    assert_eq!(event.source(), "https://example.com/shop#orders");
    assert_eq!(event.spec_version(), "1.0");
    assert_eq!(event.ty(), "co.outcome.order.placed");
    assert_eq!(event.subject(), Some("customer/7"));
    assert_eq!(event.time(), Some(time));
    assert_eq!(event.data_content_type(), Some("text/plain"));
    assert_eq!(event.data_schema(), Some("https://example.com/schema?v=1"));
    assert!(matches!(
        event.extension("priority"),
        Some(AttributeValue::Integer(7))
    ));
    assert_eq!(event.data().unwrap().as_bytes(), b"hello");
}

#[test]
fn an_event_with_only_required_attributes_has_no_others() {
    let event = minimal().build().unwrap();

    assert_eq!(event.subject(), None);
    assert_eq!(event.time(), None);
    assert_eq!(event.data_content_type(), None);
    assert_eq!(event.data_schema(), None);
    assert!(event.extensions().is_empty());
    assert_eq!(event.data(), None);
}

#[test]
fn an_id_that_is_not_set_is_a_unique_uuid() {
    let builder = Event::builder().source("/s").ty("t");
    let (one, other) = (builder.clone().build().unwrap(), builder.build().unwrap());

    assert_eq!(one.id().len(), 36);
    assert_ne!(one.id(), other.id());
}

#[test]
fn a_time_that_is_not_set_is_the_current_time_in_utc() {
    let event = Event::builder().source("/s").ty("t").build().unwrap();
    let time = event.time().unwrap();

    assert!(time.to_string().ends_with('Z'), "{time}");
}

#[test]
fn a_time_that_is_set_after_without_time_is_kept() {
    let time: eventkit::event::Timestamp = "2026-01-31T09:30:00Z".parse().unwrap();

    assert_eq!(minimal().time(time).build().unwrap().time(), Some(time));
    assert_eq!(
        minimal().time(time).without_time().build().unwrap().time(),
        None
    );
}

#[test]
fn source_and_type_are_required() {
    assert_violations(
        Event::builder().build(),
        &[
            ("source", "core, REQUIRED Attributes"),
            ("type", "core, REQUIRED Attributes"),
        ],
    );
}

#[test]
fn every_violation_is_listed_at_once() {
    let built = Event::builder()
        .id("")
        .source("not a uri")
        .ty("a\u{7}b")
        .subject("")
        .data_content_type("json")
        .data_schema("/relative")
        .extension("Upper", 1)
        .extension("fine", "a\u{fffe}b")
        .build();

    assert_violations(
        built,
        &[
            ("id", "core, id"),
            ("source", "core, source"),
            ("type", "core, type"),
            ("subject", "core, subject"),
            ("datacontenttype", "core, datacontenttype"),
            ("dataschema", "core, dataschema"),
            ("Upper", "core, Naming Conventions"),
            ("fine", "core, Type System"),
        ],
    );
}

#[test]
fn a_violation_has_the_value_and_the_expectation() {
    let error = minimal().subject("").build().unwrap_err();
    let violation = &error.violations()[0];

    assert_eq!(violation.value(), Some(""));
    assert_eq!(violation.expected(), "a non-empty string");
    assert_eq!(
        error.to_string(),
        r#"not a valid event: attribute `subject` is "", expected a non-empty string (core, subject)"#
    );
}

#[test]
fn a_missing_attribute_has_no_value() {
    let error = Event::builder().ty("t").build().unwrap_err();

    assert_eq!(error.violations()[0].value(), None);
    assert_eq!(
        error.to_string(),
        "not a valid event: attribute `source` is missing, expected a value: the attribute is required (core, REQUIRED Attributes)"
    );
}

#[test]
fn a_long_value_is_truncated_in_the_error() {
    let error = minimal()
        .subject(format!("\u{1}{}", "ä".repeat(500)))
        .build()
        .unwrap_err();
    let value = error.violations()[0].value().unwrap();

    assert_eq!(value.chars().count(), 61);
    assert!(value.ends_with('…'));
}

#[test]
fn the_last_value_of_an_extension_wins() {
    let event = minimal().extension("n", 1).extension("n", 2).build();
    let event = event.unwrap();

    assert_eq!(event.extensions().len(), 1);
    assert_eq!(event.extension("n"), Some(&AttributeValue::Integer(2)));
}

#[test]
fn extensions_are_sorted_by_name() {
    let event = minimal()
        .extension("b", 1)
        .extension("c", 2)
        .extension("a", 3)
        .build()
        .unwrap();

    let names: Vec<&str> = event.extensions().iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[test]
fn a_core_attribute_cannot_be_set_as_an_extension() {
    for name in [
        "id",
        "source",
        "specversion",
        "type",
        "subject",
        "time",
        "datacontenttype",
        "dataschema",
    ] {
        assert_violations(
            minimal().extension(name, "x").build(),
            &[(name, "core, Naming Conventions")],
        );
    }
}

#[test]
fn an_extension_beyond_the_years_of_rfc_3339_is_refused() {
    let far = chrono::DateTime::from_timestamp(253_402_300_800, 0).unwrap();

    assert_violations(
        minimal().extension("at", far).build(),
        &[("at", "core, Type System")],
    );
    assert_violations(minimal().time(far).build(), &[("time", "core, time")]);
}

#[test]
fn a_field_of_a_derived_type_beyond_the_years_of_rfc_3339_is_refused() {
    #[derive(CloudEvent)]
    #[cloudevent(type = "t", source = "/s")]
    struct Due {
        #[cloudevent(extension)]
        at: chrono::DateTime<chrono::Utc>,
    }

    let at = chrono::DateTime::from_timestamp(253_402_300_800, 0).unwrap();
    assert_violations(Due { at }.to_event(), &[("at", "core, Type System")]);
}

#[test]
fn to_builder_builds_an_equal_event() {
    let with_time = Event::builder()
        .source("/s")
        .ty("t")
        .subject("x")
        .extension("n", 7)
        .data_json(&[1, 2])
        .unwrap()
        .build()
        .unwrap();
    let without_time = minimal().build().unwrap();

    for event in [with_time, without_time] {
        assert_eq!(event.to_builder().build().unwrap(), event);
    }
}

#[test]
fn every_attribute_is_found_by_its_name_in_the_specification() {
    let event = minimal()
        .subject("x")
        .data_schema("urn:s")
        .extension("n", 7)
        .data_text("hi")
        .build()
        .unwrap();
    let text = |name: &str| {
        let value = event.attribute(name)?;
        Some(value.into_text().into_owned())
    };

    assert_eq!(text("specversion").as_deref(), Some("1.0"));
    assert_eq!(text("id").as_deref(), Some("1"));
    assert_eq!(text("source").as_deref(), Some("/s"));
    assert_eq!(text("type").as_deref(), Some("t"));
    assert_eq!(text("subject").as_deref(), Some("x"));
    assert_eq!(text("dataschema").as_deref(), Some("urn:s"));
    assert_eq!(
        text("datacontenttype").as_deref(),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(text("n").as_deref(), Some("7"));
    assert_eq!(text("time"), None);
    assert_eq!(text("data"), None);
}

#[test]
fn a_number_of_any_integer_type_that_fits_is_an_integer() {
    let event = minimal()
        .extension("a", 7_i64)
        .extension("b", 7_usize)
        .extension("c", u32::try_from(i32::MAX).unwrap())
        .extension("d", i64::from(i32::MIN))
        .extension("e", 0_u64)
        .extension("f", -1_isize)
        .extension("g", 1_i128)
        .extension("h", 1_u128)
        .build()
        .unwrap();
    let values = event.extensions().iter().map(|(_, value)| value);
    assert!(
        values
            .clone()
            .all(|value| matches!(value, AttributeValue::Integer(_)))
    );
    let numbers: Vec<i32> = values.map(|value| value.parse().unwrap()).collect();
    assert_eq!(numbers, [7, 7, i32::MAX, i32::MIN, 0, -1, 1, 1]);
}

#[test]
fn a_number_that_exceeds_an_integer_is_refused_with_all_other_violations() {
    let section = "core, Type System";
    let builder = Event::builder()
        .source("")
        .ty("t")
        .extension("a", 2_147_483_648_u32)
        .extension("b", i64::MIN)
        .extension("c", 7_usize);
    assert_violations(
        builder.build(),
        &[("a", section), ("b", section), ("source", "core, source")],
    );
    let mut event = minimal().build().unwrap();
    assert_violations(event.set_extension("a", u64::MAX), &[("a", section)]);
    assert!(event.extensions().is_empty());
    event.set_extension("a", 7_u64).unwrap();
}

#[test]
fn the_last_value_of_a_name_wins_among_many_extensions() {
    let names = |count: usize| (0..count).map(|at| format!("x{at}"));
    for count in [1, 2, 3, 40, 50_000] {
        let mut builder = minimal();
        for name in names(count).chain(names(count)) {
            // A value that is replaced may be invalid.
            builder = builder.extension(name, "\u{0}");
        }
        for (at, name) in names(count).enumerate() {
            builder = builder.extension(name, at);
        }
        let event = builder.build().unwrap();
        assert_eq!(event.extensions().len(), count);
        for (at, name) in names(count).enumerate() {
            assert_eq!(event.extension_as::<usize>(&name).unwrap(), at);
        }
    }
}

#[test]
fn attributes_lists_core_attributes_first() {
    let event = full();
    let listed: Vec<(&str, String)> = event
        .attributes()
        .map(|(name, value)| (name, value.into_text().into_owned()))
        .collect();
    let names: Vec<&str> = listed.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "specversion",
            "id",
            "source",
            "type",
            "datacontenttype",
            "dataschema",
            "subject",
            "time",
            "flag",
            "priority"
        ]
    );
    for (name, text) in listed {
        let value = event.attribute(name).unwrap();
        assert_eq!(value.into_text(), text);
    }
    assert_eq!(event.to_builder().build().unwrap(), event);
}
