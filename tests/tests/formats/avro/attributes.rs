//! Context attributes, and the types of extensions.

use eventkit::Event;
use eventkit::event::{AttributeValue, Timestamp, Uri, UriReference};
use eventkit::format::Format;
use eventkit_formats::avro::Avro;
use eventkit_tests::message::{self, minimal};
use eventkit_tests::refusal::assert_invalid;

use super::{NONE, decode, entry, long, record, text};

/// An event with all core attributes and an extension of each type.
fn typed() -> Event {
    let time = "2026-01-31T10:30:00.50+01:00".parse::<Timestamp>().unwrap();
    minimal()
        .subject("Zürich \"1\"")
        .time(time)
        .data_content_type("text/plain")
        .data_schema("urn:s")
        .extension("flag", true)
        .extension("number", i32::MIN)
        .extension("text", "")
        .extension("bytes", b"\0\xff".as_slice())
        .extension("uri", Uri::new("https://example.com/a").unwrap())
        .extension("uriref", UriReference::new("../a").unwrap())
        .extension("instant", time)
        .build()
        .unwrap()
}

#[test]
fn the_required_attributes_are_a_record() {
    let event = minimal().build().unwrap();
    assert_eq!(Avro.encode(&event).unwrap(), record(&[], NONE));
    assert_eq!(decode(&[], NONE).unwrap(), event);
}

#[test]
fn attributes_have_the_types_of_avro() {
    let event = typed();
    let decoded = Avro.decode(Avro.encode(&event).unwrap()).unwrap();
    assert_eq!(decoded, event);
    for (name, value) in event.extensions() {
        let is_kept = matches!(
            value,
            AttributeValue::Boolean(_) | AttributeValue::Integer(_) | AttributeValue::Binary(_)
        );
        let found = decoded.extension(name).unwrap();
        if is_kept {
            assert_eq!(format!("{found:?}"), format!("{value:?}"), "{name}");
        } else {
            assert!(
                matches!(found, AttributeValue::String(_)),
                "{name}: {found:?}"
            );
        }
    }
    assert_eq!(
        decoded.time().unwrap().to_string(),
        "2026-01-31T10:30:00.50+01:00"
    );
    let instant: Timestamp = decoded.extension_as("instant").unwrap();
    assert_eq!(Some(instant), event.time());
}

#[test]
fn every_member_of_the_union_is_decoded() {
    let entries = [
        entry("flag", 1, b"\x01"),
        entry("noflag", 1, b"\x00"),
        entry("number", 2, &long(i64::from(i32::MAX))),
        entry("text", 3, &text("ä")),
        entry("bytes", 4, &text(b"\0\xff")),
        entry("absent", 0, b""),
        entry("subject", 0, b""),
    ];
    let event = minimal()
        .extension("flag", true)
        .extension("noflag", false)
        .extension("number", i32::MAX)
        .extension("text", "ä")
        .extension("bytes", b"\0\xff".as_slice());
    assert_eq!(decode(&entries, NONE).unwrap(), event.build().unwrap());
}

#[test]
fn attributes_may_be_in_several_blocks() {
    let event = Avro.encode(&message::full()).unwrap();
    // Each attribute in a block of its own, every other one with its size.
    let mut blocks = Vec::new();
    for (at, (name, value)) in message::full().attributes().enumerate() {
        let entry = entry(name, 3, &text(&*value.into_text()));
        if at % 2 == 0 {
            blocks.extend([long(1), entry]);
        } else {
            let size = i64::try_from(entry.len()).unwrap();
            blocks.extend([long(-1), long(size), entry]);
        }
    }
    let data = [&b"\x0c"[..], &text("[1,2]")].concat();
    let record = [blocks.concat(), long(0), data].concat();
    let decoded = Avro.decode(record.into()).unwrap();
    assert_eq!(decoded, message::full());
    assert_eq!(decoded, Avro.decode(event).unwrap());
}

#[test]
fn violations_are_those_of_other_formats() {
    let section = "core, Context Attributes";
    for (entry, attribute, section) in [
        (entry("subject", 1, b"\x01"), "subject", section),
        (entry("subject", 2, b"\x02"), "subject", section),
        (entry("subject", 4, &text("x")), "subject", section),
        (entry("id", 3, &text("2")), "id", section),
        (entry("subject", 3, &text("")), "subject", "core, subject"),
        (entry("time", 3, &text("noon")), "time", "core, time"),
        (
            entry("dataschema", 3, &text("#")),
            "dataschema",
            "core, dataschema",
        ),
        (
            entry("Upper", 3, &text("x")),
            "Upper",
            "core, Naming Conventions",
        ),
        (
            entry("data", 3, &text("x")),
            "data",
            "core, Naming Conventions",
        ),
        (entry("n", 3, &text("\0")), "n", "core, Type System"),
    ] {
        assert_invalid(decode(&[entry], NONE), &[(attribute, section)]);
    }
    let twice = [entry("n", 2, &long(1)), entry("n", 3, &text("1"))];
    assert_invalid(decode(&twice, NONE), &[("n", section)]);
}
