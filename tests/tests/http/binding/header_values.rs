//! Quoting and percent-encoding of header values (section 3.1.3.2).

use bytes::Bytes;
use eventkit::binding::http::{decode, encode_binary};
use eventkit::{DecodeError, Event};
use eventkit_tests::message::{headers, minimal};
use eventkit_tests::refusal::assert_invalid;
use http::HeaderValue;

fn encoded(text: &str) -> String {
    let event = minimal().extension("x", text).build().unwrap();
    let message = encode_binary(&event).unwrap();
    message.headers["ce-x"].to_str().unwrap().to_owned()
}

fn received(value: &[u8]) -> Result<String, DecodeError> {
    let mut headers = headers(&[]);
    headers.insert("ce-x", HeaderValue::from_bytes(value).unwrap());
    let event: Event = decode(&headers, Bytes::new())?;
    Ok(event.extension("x").unwrap().to_text().into_owned())
}

#[track_caller]
fn assert_received(value: &str, expected: &str) {
    assert_eq!(received(value.as_bytes()).unwrap(), expected, "{value}");
}

#[track_caller]
fn assert_refused(value: &[u8]) {
    let section = "HTTP binding, 3.1.3.2";
    assert_invalid(received(value), &[("x", section)]);
}

#[test]
fn space_quote_percent_and_all_beyond_ascii_are_encoded() {
    assert_eq!(encoded("Euro € 😀"), "Euro%20%E2%82%AC%20%F0%9F%98%80");
    assert_eq!(encoded("a b\"c%d"), "a%20b%22c%25d");
    assert_eq!(encoded("\u{a0}\u{fffd}"), "%C2%A0%EF%BF%BD");
    assert_eq!(encoded(" a "), "%20a%20");
}

#[test]
fn everything_else_in_printable_ascii_is_left_as_it_is() {
    let rest: String = ('!'..='~').filter(|c| !matches!(c, '"' | '%')).collect();

    assert_eq!(encoded(&rest), rest);
    assert_received(&rest, &rest);
}

#[test]
fn what_is_encoded_comes_back() {
    for text in [
        "",
        "Euro € 😀",
        "%41",
        "%",
        "100%",
        "\"quoted\"",
        "\"",
        "\\",
        "\\\"",
        " leading and trailing ",
        "a+b",
        "\u{a0}",
        "\u{10fffd}",
    ] {
        assert_received(&encoded(text), text);
    }
}

#[test]
fn every_character_comes_back() {
    let allowed = |c: &char| {
        let code = u32::from(*c);
        !c.is_control() && !(0xfdd0..=0xfdef).contains(&code) && code & 0xfffe != 0xfffe
    };
    let all: Vec<char> = ('\u{0}'..='\u{10ffff}').filter(allowed).collect();
    for some in all.chunks(10_000) {
        let text: String = some.iter().collect();
        let header = encoded(&text);
        assert!(header.bytes().all(|byte| byte.is_ascii_graphic()));
        assert_received(&header, &text);
    }
}

#[test]
fn lower_case_and_needless_encoding_are_accepted() {
    assert_received("Euro%20%e2%82%ac%20%f0%9f%98%80", "Euro € 😀");
    assert_received("%41%2d%7e%2F", "A-~/");
    assert_received("%E2%82%aC", "€");
}

#[test]
fn encoded_bytes_that_are_not_utf_8_are_refused() {
    for value in [
        "%C0%A0",
        "%c0%a0",
        "%FF",
        "%E2%82",
        "%ED%A0%80",
        "%F5%80%80%80",
        "%80",
        "a%C3b",
        "\"%C0%A0\"",
    ] {
        assert_refused(value.as_bytes());
    }
}

#[test]
fn a_percent_sign_without_two_digits_is_refused() {
    for value in [
        "%", "%2", "%zz", "%2z", "%z2", "100%", "%%20", "%20%", "% 20", "\"%\"", "%+1",
    ] {
        assert_refused(value.as_bytes());
    }
}

#[test]
fn decoding_is_one_round() {
    assert_received("%2541", "%41");
    assert_received("%2525", "%25");
    assert_received("\"%2541\"", "%41");
}

#[test]
fn plus_is_no_space() {
    assert_received("a+b", "a+b");
}

#[test]
fn a_quoted_value_is_unquoted_first() {
    assert_received("\"\"", "");
    assert_received("\"a b\"", "a b");
    assert_received("\"say \\\"hi\\\" \\\\ \\a\"", "say \"hi\" \\ a");
    assert_received("\"Euro%20€ \\%20\"", "Euro €  ");
    assert_received("\"\\\"\"", "\"");
    assert_received("\"a (b) c\"", "a (b) c");
}

#[test]
fn a_quote_inside_an_unquoted_value_is_a_character() {
    assert_received("a\"b\"", "a\"b\"");
    assert_received("a\\b", "a\\b");
    assert_received("%22a%22", "\"a\"");
    assert_received("'a'", "'a'");
}

#[test]
fn a_quoted_value_that_does_not_end_is_refused() {
    for value in [
        "\"",
        "\"a",
        "\"a\\\"",
        "\"a\"b",
        "\"a\" \"b\"",
        "\"a\" ",
        "\"\\",
    ] {
        assert_refused(value.as_bytes());
    }
}

#[test]
fn raw_utf_8_is_accepted() {
    assert_received("Euro €", "Euro €");
    assert_received("\"Euro €\"", "Euro €");
    assert_received("€%20€", "€ €");
}

#[test]
fn raw_bytes_that_are_not_utf_8_are_refused() {
    for value in [
        &b"\xff"[..],
        b"caf\xe9",
        b"\xc0\xa0",
        b"\"\xff\"",
        b"%20\xff",
        b"\xe2%82%AC\xff",
    ] {
        assert_refused(value);
    }
}

#[test]
fn characters_that_attributes_must_not_hold_are_refused_once_decoded() {
    let expected = [("x", "core, Type System")];
    for value in [
        "%00",
        "%0D%0A",
        "a%09b",
        "%7F",
        "%C2%85",
        "%EF%BF%BF",
        "\"a\tb\"",
        "a\tb",
    ] {
        assert_invalid(received(value.as_bytes()), &expected);
    }
}

#[test]
fn every_header_with_a_value_in_it_is_decoded_alike() {
    let mut headers = headers(&[("ce-subject", "\"a%20b\""), ("ce-dataschema", "%75rn:s")]);
    headers.insert("ce-id", "%31".parse().unwrap());
    headers.insert("ce-source", "\"/s\"".parse().unwrap());
    headers.insert("ce-type", "%74".parse().unwrap());
    headers.insert("ce-specversion", "\"1.0\"".parse().unwrap());
    headers.insert("ce-time", "2026-01-31T09%3A30:00Z".parse().unwrap());
    let event = decode(&headers, Bytes::new()).unwrap();

    assert_eq!((event.id(), event.source(), event.ty()), ("1", "/s", "t"));
    assert_eq!(event.subject(), Some("a b"));
    assert_eq!(event.data_schema(), Some("urn:s"));
    assert_eq!(event.time().unwrap().to_string(), "2026-01-31T09:30:00Z");
}
