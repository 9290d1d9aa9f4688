//! Random texts that are valid or almost valid JSON events.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::compare::assert_same;

/// Generates the white space between tokens.
fn space() -> impl Strategy<Value = &'static str> {
    prop_oneof![8 => Just(""), 2 => select(vec![" ", "\n", "\t\r\n ", "\u{a0}", "\u{c}", "\0"])]
}

/// Generates member names, most of them known.
fn name() -> impl Strategy<Value = String> {
    let known = select(vec![
        "specversion",
        "id",
        "source",
        "type",
        "subject",
        "time",
        "datacontenttype",
        "dataschema",
        "data",
        "data_base64",
        "traceparent",
        "x",
        "n1",
        "thenameisalittlelongerthantwenty",
    ]);
    let unusual = select(vec![
        "",
        "Data",
        "datA",
        "t\\u0079pe",
        "\\u0069d",
        "id\\u0000",
        "ex_t",
        "é",
        "i\\/d",
        "\\ud83d\\ude00",
        "\\ud83d",
        "a b",
        "dataX",
        "data\\u005fbase64",
    ]);
    prop_oneof![12 => known, 1 => unusual].prop_map(str::to_owned)
}

/// Generates the content of a string: any characters, with valid and invalid escapes.
fn inside() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        6 => "[ -!#-\\[\\]-~]{0,20}",
        2 => select(vec![
            "\\n", "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\r", "\\t", "\\u00e9", "\\uD83D\\uDE00",
            "\\u0000", "\\ud800", "\\udc00x", "\\u12", "\\x", "\\", "\u{1}", "\n", "\u{7f}", "\u{85}",
            "é", "€", "😀", "\u{fdd0}", "\u{ffff}", "\\uFFFE",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_filter("it ends the string", |c| *c != '"').prop_map(String::from),
    ];
    prop::collection::vec(part, 0..4).prop_map(|parts| parts.concat())
}

fn scalar() -> impl Strategy<Value = String> {
    let literal = select(vec![
        "null",
        "true",
        "false",
        "0",
        "-0",
        "7",
        "-7",
        "01",
        "-",
        "1.",
        "1.0",
        "1e3",
        "1E+3",
        "1e",
        ".5",
        "+1",
        "2147483647",
        "2147483648",
        "-2147483648",
        "-2147483649",
        "1e999",
        "nul",
        "True",
        "NaN",
        "\"\"",
        "",
    ]);
    prop_oneof![
        4 => inside().prop_map(|text| format!("\"{text}\"")),
        3 => literal.prop_map(str::to_owned),
    ]
}

fn value() -> impl Strategy<Value = String> {
    scalar().prop_recursive(4, 24, 4, |inner| {
        let list = prop::collection::vec((space(), inner.clone()), 0..4);
        let members = prop::collection::vec((inside(), space(), inner), 0..4);
        prop_oneof![
            list.prop_map(|items| {
                let items: Vec<String> = items
                    .iter()
                    .map(|(space, item)| format!("{space}{item}{space}"))
                    .collect();
                format!("[{}]", items.join(","))
            }),
            members.prop_map(|members| {
                let members: Vec<String> = members
                    .iter()
                    .map(|(name, space, item)| format!("{space}\"{name}\"{space}:{space}{item}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

/// Generates values that are valid for most attributes.
fn fitting(name: &str) -> BoxedStrategy<String> {
    let of = |texts: &[&'static str]| select(texts.to_vec()).prop_map(|text| format!("\"{text}\""));
    match name {
        "specversion" => of(&["1.0", "1.0", "1.0", "1.0", "1\\u002e0", "0.3"]).boxed(),
        "source" => of(&[
            "/s",
            "https://example.com/a",
            "urn:x:y",
            "//h/p",
            "a%20b",
            "a b",
            "",
            "http://",
            "http:/%",
            "/a?b#c",
            "https://[::1]/",
            "https://a:b",
            "é",
            "/é",
            "\\/s",
            "/a\\\\b",
        ])
        .boxed(),
        "dataschema" => of(&[
            "https://example.com/a",
            "http://a/b~c",
            "urn:s",
            "/s",
            "https://a#f",
            "http",
            "https:/a",
            "https://a b",
            "https:///",
            "HTTP://a",
        ])
        .boxed(),
        "datacontenttype" => of(&[
            "application/json",
            "application/json; charset=utf-8",
            "text/plain",
            "a/b+json",
            "A/JSON",
            "application/jsonseq",
            "text/json ;a=b",
            "json",
            "a/",
            "text/*",
            "application/json\\u0000",
        ])
        .boxed(),
        "time" => of(&[
            "2026-01-31T09:30:00Z",
            "2026-01-31t09:30:00.123456789012z",
            "2026-01-31T09:30:60+01:00",
            "2026-02-29T09:30:00Z",
            "2026-01-31 09:30:00Z",
            "2026-01-31T09:30:00",
            "2026-01-31T24:00:00Z",
            "0000-01-01T00:00:00+23:59",
            "9999-12-31T23:59:60.999999999-23:59",
            "2026-01-31T09:30:00.Z",
        ])
        .boxed(),
        "data_base64" => of(&["", "WzEy", "WzE=", "WzE", "W zE=", "____", "W\\u007aEy"]).boxed(),
        _ => inside().prop_map(|text| format!("\"{text}\"")).boxed(),
    }
}

fn member() -> impl Strategy<Value = String> {
    let value = |name: &str| match name {
        "data" => value().boxed(),
        name => prop_oneof![6 => fitting(name), 1 => value()].boxed(),
    };
    let named = name().prop_flat_map(move |name| {
        let value = value(&name);
        (Just(name), value)
    });
    (space(), named, space(), space())
        .prop_map(|(a, (name, value), b, c)| format!("{a}\"{name}\"{b}:{c}{value}{b}"))
}

/// Generates an object with the required attributes and other members.
fn event(most: usize) -> impl Strategy<Value = String> {
    let required = [
        "\"specversion\":\"1.0\"",
        "\"id\":\"1\"",
        "\"source\":\"/s\"",
        "\"type\":\"t\"",
    ];
    let required = prop_oneof![
        9 => Just(required.to_vec()),
        1 => proptest::sample::subsequence(required.to_vec(), 0..4),
    ];
    (required, prop::collection::vec(member(), 0..=most), space()).prop_flat_map(
        |(required, others, space)| {
            let mut members: Vec<String> = required.into_iter().map(str::to_owned).collect();
            members.extend(others);
            (Just(members).prop_shuffle(), Just(space))
                .prop_map(|(members, space)| format!("{space}{{{}}}{space}", members.join(",")))
        },
    )
}

/// A change or a move of a few bytes.
#[derive(Debug, Clone)]
enum Change {
    Set(Index, u8),
    Remove(Index, usize),
    Repeat(Index, usize),
    Cut(Index),
}

fn change() -> impl Strategy<Value = Change> {
    let byte = prop_oneof![select(b"\"\\{}[]:,0-.eE \n\0ut".to_vec()), any::<u8>()];
    prop_oneof![
        (any::<Index>(), byte).prop_map(|(at, byte)| Change::Set(at, byte)),
        (any::<Index>(), 1..9_usize).prop_map(|(at, count)| Change::Remove(at, count)),
        (any::<Index>(), 1..40_usize).prop_map(|(at, count)| Change::Repeat(at, count)),
        any::<Index>().prop_map(Change::Cut),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: Vec<Change>) -> Vec<u8> {
    for change in changes {
        if bytes.is_empty() {
            break;
        }
        match change {
            Change::Set(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            Change::Remove(at, count) => {
                let at = at.index(bytes.len());
                bytes.drain(at..bytes.len().min(at + count));
            }
            Change::Repeat(at, count) => {
                let at = at.index(bytes.len());
                let end = bytes.len().min(at + count);
                let again = bytes[at..end].to_vec();
                bytes.splice(end..end, again);
            }
            Change::Cut(at) => bytes.truncate(at.index(bytes.len())),
        }
    }
    bytes
}

/// Runs a property without regression files, and returns how many of the texts were events.
fn check(cases: u32, texts: &impl Strategy<Value = Vec<u8>>) -> usize {
    use std::cell::Cell;

    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let events = Cell::new(0);
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let run = runner.run(texts, |bytes| {
        events.set(events.get() + usize::from(assert_same(&bytes)));
        Ok(())
    });
    run.unwrap_or_else(|error| panic!("{error}"));
    events.get()
}

#[test]
fn random_events_are_decoded_like_the_reference() {
    let texts = event(5).prop_map(String::into_bytes);
    let events = check(8_000, &texts);
    assert!(events > 400, "too few of the texts were events: {events}");
}

#[test]
fn changed_events_are_decoded_like_the_reference() {
    let changes = prop::collection::vec(change(), 1..3);
    let texts = (event(2), changes).prop_map(|(text, changes)| changed(text.into_bytes(), changes));
    let events = check(8_000, &texts);
    assert!(events > 40, "too few of the texts were events: {events}");
}

#[test]
fn deep_and_long_data_is_decoded_like_the_reference() {
    for depth in [0, 1, 63, 64, 65, 127, 128, 129, 192, 193, 1000] {
        for (open, close) in [
            ("[", "]"),
            ("{\"a\":", "}"),
            ("[{\"]\":", "}]"),
            ("[\"[\",", "]"),
        ] {
            for inner in ["1", "", "\"]\"", "[", "}"] {
                let data = format!("{}{inner}{}", open.repeat(depth), close.repeat(depth));
                let text = format!(
                    r#"{{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{data}}}"#
                );
                assert_same(text.as_bytes());
            }
        }
    }
}

#[test]
fn strings_that_end_anywhere_in_a_block_are_decoded_like_the_reference() {
    for len in 0..40 {
        for special in [
            "", "\"", "\\", "\\n", "\u{1f}", " ", "\u{7f}", "é", "\u{80}", "\\u",
        ] {
            for after in 0..10 {
                let text = format!("{}{special}{}", "!".repeat(len), "#".repeat(after));
                for member in ["subject", "data", text.as_str()] {
                    let event = format!(
                        r#"{{"specversion":"1.0","id":"1","source":"/s","type":"t","{member}":"{text}"}}"#
                    );
                    assert_same(event.as_bytes());
                    // At the end of the text, there is no complete block.
                    assert_same(&event.as_bytes()[..event.len() - 1]);
                    assert_same(&event.as_bytes()[..event.len() - 2]);
                }
            }
        }
    }
}
