//! Quoting and percent-encoding of header values (section 3.1.3.2).

use bytes::Bytes;
use eventkit::binding::http::{decode, encode_binary};
use eventkit::{DecodeError, Event};
use eventkit_tests::header_value_tests;
use eventkit_tests::header_values::HeaderBinding;
use eventkit_tests::message::{headers, minimal};
use eventkit_tests::refusal::assert_invalid;
use http::HeaderValue;

struct Http;

impl HeaderBinding for Http {
    const SECTION: &'static str = "HTTP binding, 3.1.3.2";

    fn encoded(text: &str) -> String {
        let event = minimal().extension("x", text).build().unwrap();
        let message = encode_binary(&event).unwrap();
        message.headers["ce-x"].to_str().unwrap().to_owned()
    }

    fn received(value: &str) -> Result<String, DecodeError> {
        received(value.as_bytes())
    }
}

header_value_tests!(Http);

fn received(value: &[u8]) -> Result<String, DecodeError> {
    let mut headers = headers(&[]);
    headers.insert("ce-x", HeaderValue::from_bytes(value).unwrap());
    let event: Event = decode(&headers, Bytes::new())?;
    Ok(event.extension("x").unwrap().to_text().into_owned())
}

#[test]
fn every_character_round_trips() {
    let allowed = |c: &char| {
        let code = u32::from(*c);
        !c.is_control() && !(0xfdd0..=0xfdef).contains(&code) && code & 0xfffe != 0xfffe
    };
    let all: Vec<char> = ('\u{0}'..='\u{10ffff}').filter(allowed).collect();
    for some in all.chunks(10_000) {
        let text: String = some.iter().collect();
        let header = Http::encoded(&text);
        assert!(header.bytes().all(|byte| byte.is_ascii_graphic()));
        assert_eq!(Http::received(&header).unwrap(), text);
    }
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
        assert_invalid(received(value), &[("x", Http::SECTION)]);
    }
}

#[test]
fn every_header_with_the_same_value_is_decoded_alike() {
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
