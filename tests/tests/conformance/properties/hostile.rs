//! No input makes a decoder panic, or makes two decoders disagree.

use eventkit::binding::http;
use eventkit::format::{Format, Json};
use eventkit_formats::protobuf::Protobuf;
use eventkit_formats::xml::Xml;
use eventkit_tests::fuzz::TARGETS;
use http::Message;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::strategy::event;

/// Passes an input to every strict and lenient decoder, through the fuzz targets.
fn give(input: &[u8]) {
    for (_, target) in TARGETS {
        target(input);
    }
}

/// Writes a message in the form that the fuzz targets parse.
fn as_text(message: &Message) -> Vec<u8> {
    let mut text = Vec::new();
    for (name, value) in &message.headers {
        text.extend_from_slice(name.as_str().as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(value.as_bytes());
        text.push(b'\n');
    }
    text.push(b'\n');
    text.extend_from_slice(&message.body);
    text
}

/// Generates valid input of every form.
fn valid() -> impl Strategy<Value = Vec<u8>> {
    (event(), 0..8_u8).prop_map(|(event, form)| match form {
        0 => Json.encode(&event).unwrap().to_vec(),
        1 => Json.encode_batch(&[event.clone(), event]).unwrap().to_vec(),
        2 => as_text(&http::encode_structured(&event, &Json).unwrap()),
        3 => as_text(&http::encode_batch(&[event], &Json).unwrap()),
        // The events that these formats cannot represent are left out.
        4 => Protobuf.encode(&event).unwrap_or_default().to_vec(),
        5 => Xml.encode(&event).unwrap_or_default().to_vec(),
        6 => Xml.encode_batch(&[event]).unwrap_or_default().to_vec(),
        _ => http::encode_binary(&event).map_or_else(|_| Vec::new(), |message| as_text(&message)),
    })
}

/// A change of some bytes.
#[derive(Debug, Clone)]
enum Change {
    Replace(u8),
    Insert(Vec<u8>),
    Remove(usize),
    Repeat(usize),
    Cut,
}

fn change() -> impl Strategy<Value = Change> {
    let words: Vec<&[u8]> = vec![
        b"\"",
        b"\\",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"null",
        b"\\ud800",
        b"\xff",
        b"\0",
        b"\n",
        b"%",
        b"%zz",
        b"#",
        b"\"id\":\"2\",",
        b"ce-id: 2\n",
        b"1e999",
        b"-",
        b"A",
        b"<",
        b"/>",
        b"&",
        b"xmlns=\"\"",
        b"\x2a\x07\x0a\x01n\x12\x02\x10\x07",
    ];
    prop_oneof![
        3 => any::<u8>().prop_map(Change::Replace),
        3 => select(words).prop_map(|word| Change::Insert(word.to_vec())),
        2 => (1..8_usize).prop_map(Change::Remove),
        1 => (1..40_usize).prop_map(Change::Repeat),
        1 => Just(Change::Cut),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: &[(Index, Change)]) -> Vec<u8> {
    for (at, change) in changes {
        if bytes.is_empty() {
            break;
        }
        let at = at.index(bytes.len());
        let end = |count: usize| (at + count).min(bytes.len());
        match change {
            Change::Replace(byte) => bytes[at] = *byte,
            Change::Insert(word) => drop(bytes.splice(at..at, word.iter().copied())),
            Change::Remove(count) => drop(bytes.drain(at..end(*count))),
            Change::Repeat(count) => {
                let part = bytes[at..end(*count)].to_vec();
                bytes.splice(at..at, part);
            }
            Change::Cut => bytes.truncate(at),
        }
    }
    bytes
}

/// Generates lines that resemble a message.
fn like_a_message() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof![
        "ce-(specversion|id|source|type|subject|time|dataschema|data|datacontenttype|n|EXT|a-b|)",
        "content-type",
        "[a-zA-Z-]{1,8}",
    ];
    let value = prop_oneof![
        "1\\.0|/s|t|2026-01-31T09:30:00Z|7|true",
        "application/(json|cloudevents|cloudevents\\+json|cloudevents-batch\\+json)(; ?[a-z]=[a-z])?",
        "(%[0-9A-Fa-f]{0,2}|[\"\\\\ a]){0,6}",
        "\\PC{0,8}",
    ];
    let lines = vec(
        (name, value).prop_map(|(name, value)| format!("{name}: {value}\n")),
        0..10,
    );
    let body = prop_oneof![like_json(), vec(any::<u8>(), 0..20)];
    (lines, body).prop_map(|(lines, body)| [lines.concat().as_bytes(), b"\n", &body].concat())
}

/// Generates objects that resemble an event, alone or in a batch.
fn like_json() -> impl Strategy<Value = Vec<u8>> {
    let name = "specversion|id|source|type|subject|time|datacontenttype|dataschema|data|data_base64|n|Ext|\\PC{0,4}";
    let value = prop_oneof![
        "\"(1\\.0|/s|t|x|application/json|text/plain|2026-01-31T09:30:00Z|AP8=|#|)\"",
        "null|true|-?[0-9]{1,11}|0\\.5|\\[\\]|\\{\"a\":\\[1\\]\\}",
        "\"(\\\\ud[89a-f]00|\\\\u00[0-9]{2}|[^\"\\\\\\x00-\\x1f]){0,4}\"",
    ];
    let name = name.prop_map(|name| serde_json::to_string(&name).unwrap());
    let member = (name, value).prop_map(|(name, value)| format!("{name}:{value}"));
    let object = vec(member, 0..10).prop_map(|members| format!("{{{}}}", members.join(",")));
    prop_oneof![
        object.clone().prop_map(String::into_bytes),
        vec(object, 0..3).prop_map(|events| format!("[{}]", events.join(",")).into_bytes()),
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_decoded_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        give(&bytes);
    }

    #[test]
    fn any_text_is_decoded_or_refused(text in "\\PC{0,60}") {
        give(text.as_bytes());
    }

    #[test]
    fn almost_valid_json_events_are_decoded_or_refused(bytes in like_json()) {
        give(&bytes);
    }

    #[test]
    fn almost_valid_messages_are_decoded_or_refused(bytes in like_a_message()) {
        give(&bytes);
    }

    #[test]
    fn changed_valid_input_is_decoded_or_refused(
        bytes in valid(),
        changes in vec((any::<Index>(), change()), 0..4),
    ) {
        give(&changed(bytes, &changes));
    }
}
