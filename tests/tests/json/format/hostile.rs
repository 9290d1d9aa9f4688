//! Malformed and hostile input.

use bytes::Bytes;
use eventkit::codec;
use eventkit::event::Data;
use eventkit::format::{Format, Json};
use eventkit::{DecodeError, DecodeErrorKind, Event, Limits};
use eventkit_tests::message::json;
use eventkit_tests::reading::Reading;
use eventkit_tests::refusal::{assert_invalid, assert_refused, chain};
use serde_json::Value;

const DEPTH: usize = 100_000;

fn decode(bytes: &[u8]) -> Result<Event, DecodeError> {
    Json.decode(Bytes::copy_from_slice(bytes))
}

#[test]
fn a_truncated_event_is_malformed() {
    let whole = json(
        r#""subject":"\u20acä\"","time":"2026-01-31T09:30:00Z","n":-7,"b":true,"x":null,"data":{"a":[1,"é",null]}"#,
    );
    Json.decode(whole.clone()).unwrap();
    for end in 0..whole.len() {
        assert_refused(decode(&whole[..end]), DecodeErrorKind::Malformed);
        assert_refused(
            Json.decode_as::<Reading<Value>>(&whole[..end]),
            DecodeErrorKind::Malformed,
        );
    }
}

#[test]
fn unlimited_nesting_of_data_does_not_overflow_the_stack() {
    let nested = format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
    let bytes = json(&format!(r#""data":{nested}"#));
    let json = Json.with_limits(Limits::UNLIMITED);
    let event = json.decode(bytes.clone()).unwrap();

    assert_eq!(event.data().unwrap().as_str(), Some(&*nested));
    assert_eq!(json.decode(json.encode(&event).unwrap()).unwrap(), event);
    assert_refused(event.data_as::<Value>(), DecodeErrorKind::Data);
    assert_refused(
        json.decode_as::<Reading<Value>>(&bytes),
        DecodeErrorKind::Data,
    );
}

#[test]
fn nesting_elsewhere_is_refused_without_a_stack_overflow() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let inner = if open == "[" { "" } else { "1" };
        let nested = format!("{}{inner}{}", open.repeat(DEPTH), close.repeat(DEPTH));
        for name in ["ext", "subject", "data_base64"] {
            let bytes = json(&format!(r#""{name}":{nested}"#));
            assert_invalid(Json.decode(bytes.clone()), &[(name, "JSON format, 2.2")]);
            assert_refused(
                Json.decode_as::<Reading<()>>(&bytes),
                DecodeErrorKind::Invalid,
            );
        }
        assert_refused(
            decode(nested.as_bytes()),
            match open {
                "[" => DecodeErrorKind::Malformed,
                _ => DecodeErrorKind::Invalid,
            },
        );
    }
}

#[test]
fn unclosed_nesting_is_malformed() {
    for open in ["[", "{\"a\":", "{\"data\":", "[{", "{\"data\":["] {
        let text = open.repeat(DEPTH);
        assert_refused(decode(text.as_bytes()), DecodeErrorKind::Malformed);
        assert_refused(
            Json.decode_batch(text.clone().into()),
            DecodeErrorKind::Malformed,
        );
        assert_refused(
            Json.decode_as::<Reading<Value>>(text.as_bytes()),
            DecodeErrorKind::Malformed,
        );
    }
}

#[test]
fn a_byte_order_mark_is_malformed() {
    let event = json("");
    for mark in [&b"\xef\xbb\xbf"[..], b"\xff\xfe", b"\xfe\xff"] {
        assert_refused(decode(&[mark, &event].concat()), DecodeErrorKind::Malformed);
    }
    assert_refused(
        decode(&[&event[..], b"\xef\xbb\xbf"].concat()),
        DecodeErrorKind::Malformed,
    );
    assert_refused(
        Json.decode(json("\"data\":\u{feff}1")),
        DecodeErrorKind::Malformed,
    );
}

#[test]
fn other_encodings_than_utf_8_are_malformed() {
    let event = json("");
    let utf_16: Vec<u8> = event.iter().flat_map(|byte| [*byte, 0]).collect();
    assert_refused(decode(&utf_16), DecodeErrorKind::Malformed);

    for bytes in [
        &b"\xff"[..],
        b"\xc0\xa0",
        b"\xed\xa0\x80",
        b"\xf5\x80\x80\x80",
        b"\xe2\x82",
    ] {
        let (before, after) = event.split_at(event.len() - 1);
        let members = [before, b",\"subject\":\"", bytes, b"\"", after].concat();
        assert_refused(decode(&members), DecodeErrorKind::Malformed);
        let data = [before, b",\"data\":\"", bytes, b"\"", after].concat();
        assert_refused(decode(&data), DecodeErrorKind::Malformed);
    }
}

#[test]
fn nul_is_not_allowed_in_an_attribute_or_around_the_text() {
    assert_invalid(
        Json.decode(json(r#""subject":"a\u0000b""#)),
        &[("subject", "core, subject")],
    );
    assert_invalid(
        Json.decode(json(r#""ext":"\u0000""#)),
        &[("ext", "core, Type System")],
    );
    assert_invalid(
        Json.decode(json(r#""e\u0000xt":"1""#)),
        &[("e\0xt", "core, Naming Conventions")],
    );
    assert_refused(
        Json.decode(json("\"subject\":\"a\0b\"")),
        DecodeErrorKind::Malformed,
    );
    assert_refused(
        decode(&[&json("")[..], b"\0"].concat()),
        DecodeErrorKind::Malformed,
    );
    assert_refused(
        decode(&[b"\0", &json("")[..]].concat()),
        DecodeErrorKind::Malformed,
    );
}

#[test]
fn an_unpaired_surrogate_in_an_attribute_is_refused_with_its_name() {
    for text in [
        r"\ud800",
        r"\udead",
        r"a\ud83d",
        r"\ude00\ud83d",
        r"\ud83dx",
        r"\ud83d\u0041",
    ] {
        assert_invalid(
            Json.decode(json(&format!(r#""ext":"{text}""#))),
            &[("ext", "core, Type System")],
        );
        assert_invalid(
            Json.decode(json(&format!(r#""subject":"{text}""#))),
            &[("subject", "core, Type System")],
        );
    }
    let paired = Json.decode(json(r#""ext":"\ud800\udead""#)).unwrap();
    assert_eq!(paired.extension("ext").unwrap().to_text(), "\u{102ad}");
}

#[test]
fn an_unpaired_surrogate_in_a_name_is_malformed() {
    assert_refused(
        Json.decode(json(r#""e\ud800":"1""#)),
        DecodeErrorKind::Malformed,
    );
}

#[test]
fn characters_that_attributes_cannot_contain_are_refused() {
    for text in [
        r"\u0007",
        r"\u007f",
        r"\u0085",
        r"\ufdd0",
        r"\uffff",
        r"\ud83f\udffe",
        "\u{9f}",
    ] {
        assert_invalid(
            Json.decode(json(&format!(r#""ext":"{text}""#))),
            &[("ext", "core, Type System")],
        );
    }
}

#[test]
fn many_members_are_decoded_in_linear_time() {
    let members: Vec<String> = (0..50_000).map(|n| format!(r#""e{n}":{n}"#)).collect();
    let unlimited = Json.with_limits(Limits::UNLIMITED);
    let event = unlimited.decode(json(&members.join(","))).unwrap();

    assert_eq!(event.extensions().len(), 50_000);
    assert_eq!(event.extension_as::<i32>("e49999").unwrap(), 49_999);
}

#[test]
fn a_long_value_or_name_is_truncated_in_the_error() {
    let long = "é".repeat(1_000_000);
    let error = Json
        .with_limits(Limits::UNLIMITED)
        .decode(json(&format!(
            r#""time":"{long}","data":1,"data_base64":"{long}","{long}":1"#
        )))
        .unwrap_err();

    assert!(
        error.to_string().len() < 1_000,
        "{}",
        error.to_string().len()
    );
}

#[test]
fn the_list_of_violations_is_limited() {
    let members: Vec<String> = (0..5000).map(|n| format!("\"A{n}\":1")).collect();
    let text = format!("{{\"specversion\":\"1.0\",{}}}", members.join(","));
    let unlimited = Json.with_limits(Limits::UNLIMITED);
    let error = unlimited.decode(text.into()).unwrap_err();
    assert!(
        (100..=110).contains(&error.violations().len()),
        "{}",
        error.violations().len()
    );
}

#[test]
fn the_error_names_a_byte_order_mark() {
    let event = json("\"data\":1");
    let event = std::str::from_utf8(&event).unwrap();
    let utf16: Vec<u8> = format!("\u{feff}{event}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let named = |error: DecodeError, kind| {
        assert_eq!(error.kind(), kind, "{error:?}");
        assert!(chain(&error).contains("byte order mark"), "{error:?}");
    };
    let malformed = DecodeErrorKind::Malformed;
    for text in [format!("\u{feff}{event}").into_bytes(), utf16] {
        named(decode(&text).unwrap_err(), malformed);
        let typed = Json.decode_as::<Reading<u8>>(&text);
        named(typed.unwrap_err(), malformed);
        named(
            Json.decode_batch(text.clone().into()).unwrap_err(),
            malformed,
        );
        named(
            Json.decode_lenient(text.clone().into()).unwrap_err(),
            malformed,
        );
        named(
            Json.decode_batch_lenient(text.into()).unwrap_err(),
            malformed,
        );
    }
    for data in [&b"\xef\xbb\xbf1"[..], b"\xfe\xff\x001", b"\xff\xfe1\x00"] {
        let error = Data::json(Bytes::from_static(data)).unwrap_err();
        assert!(error.to_string().contains("byte order mark"), "{error}");
        let error = codec::decode::<u8>(Some(data), Some("application/json"));
        named(error.unwrap_err(), DecodeErrorKind::Data);
    }
}

#[test]
fn the_error_for_a_batch_or_a_single_event_suggests_its_content_type() {
    let event = json("");
    let batch: Bytes = [b" [", &event[..], b"]"].concat().into();
    for (error, hint) in [
        (
            Json.decode(batch.clone()).unwrap_err(),
            "`application/cloudevents-batch+json`",
        ),
        (
            Json.decode_as::<Reading<()>>(&batch).unwrap_err(),
            "`application/cloudevents-batch+json`",
        ),
        (
            Json.decode_lenient(batch).unwrap_err(),
            "`application/cloudevents-batch+json`",
        ),
        (
            Json.decode_batch(event.clone()).unwrap_err(),
            "`application/cloudevents+json`",
        ),
        (
            Json.decode_batch_lenient(event).unwrap_err(),
            "`application/cloudevents+json`",
        ),
    ] {
        assert_eq!(error.kind(), DecodeErrorKind::Malformed);
        assert!(error.to_string().contains(hint), "{error}");
    }
    let error = decode(b"[1,").unwrap_err();
    assert!(!chain(&error).contains("content type"), "{error:?}");
}

#[test]
fn a_violation_shows_the_invalid_values() {
    for (members, text) in [
        (
            r#""ext":"a","ext":"b""#,
            r#"attribute `ext` is "a", expected each attribute at most once, found again as "b" (core, Context Attributes)"#,
        ),
        (
            r#""ext":7,"other":"","ext":true"#,
            r#"attribute `ext` is "7", expected each attribute at most once, found again as "true" (core, Context Attributes)"#,
        ),
        (
            r#""subject":"a","subject":"b""#,
            r#"attribute `subject` is "a", expected each attribute at most once, found again as "b" (core, Context Attributes)"#,
        ),
        (
            r#""event_version":"1.04""#,
            r#"attribute `event_version` is "1.04", expected an extension name of lower-case letters a-z and digits 0-9 (core, Naming Conventions)"#,
        ),
        (
            r#""Count":-7"#,
            r#"attribute `Count` is "-7", expected an extension name of lower-case letters a-z and digits 0-9 (core, Naming Conventions)"#,
        ),
        (
            r#""data":1,"data":[2]"#,
            r#"attribute `data` is "[2]", expected either `data` or `data_base64`, once (JSON format, 3.1.1)"#,
        ),
        (
            r#""data_base64":7"#,
            r#"attribute `data_base64` is "7", expected a JSON string with Base64 (JSON format, 3.1.1)"#,
        ),
    ] {
        let error = Json.decode(json(members)).unwrap_err();
        let all: Vec<String> = error.violations().iter().map(ToString::to_string).collect();
        assert_eq!(all, [text]);
    }
}
