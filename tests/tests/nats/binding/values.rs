//! Quoting and percent-encoding of header values (section 3.1.3.2).

use bytes::Bytes;
use eventkit::DecodeError;
use eventkit::binding::nats::{decode, encode_binary};
use eventkit_tests::message::minimal;
use eventkit_tests::refusal::assert_invalid;
use proptest::prelude::*;

use super::headers;

fn encoded(text: &str) -> String {
    let event = minimal().extension("x", text).build().unwrap();
    let message = encode_binary(&event).unwrap();
    message.header("ce-x").unwrap().to_owned()
}

fn received(value: &str) -> Result<String, DecodeError> {
    let event = decode(&headers(&[("ce-x", value)]), Bytes::new())?;
    Ok(event.extension("x").unwrap().to_text().into_owned())
}

#[test]
fn the_example_of_the_binding_is_encoded_as_it_says() {
    assert_eq!(encoded("Euro € 😀"), "Euro%20%E2%82%AC%20%F0%9F%98%80");
}

#[test]
fn everything_else_in_printable_ascii_is_left_as_it_is() {
    let rest: String = ('!'..='~').filter(|c| !matches!(c, '"' | '%')).collect();
    assert_eq!(encoded(&rest), rest);
    assert_eq!(encoded(" \"%"), "%20%22%25");
}

#[test]
fn the_content_type_of_the_data_is_encoded_like_every_value() {
    let builder = minimal().data_text("x");
    let event = builder.data_content_type("text/plain; charset=utf-8");
    let event = event.build().unwrap();
    let message = encode_binary(&event).unwrap();

    let value = message.header("CE-DataContentType");
    assert_eq!(value, Some("text/plain;%20charset=utf-8"));
    assert_eq!(decode(&message.headers, message.body).unwrap(), event);
}

#[test]
fn what_older_versions_quoted_is_unquoted_first_and_decoded_once() {
    assert_eq!(received("\"a b\"").unwrap(), "a b");
    assert_eq!(received(r#""a\"b\\c""#).unwrap(), "a\"b\\c");
    assert_eq!(received("\"%41\"").unwrap(), "A");
    assert_eq!(received("%2541").unwrap(), "%41");
}

#[test]
fn lower_case_and_needless_encoding_are_taken() {
    assert_eq!(received("%e2%82%ac%41").unwrap(), "€A");
}

#[test]
fn what_is_not_utf8_or_not_encoded_is_refused() {
    for value in ["%C0%A0", "%ff", "%", "%4", "%zz", "\"open", "\"a\"b"] {
        assert_invalid(received(value), &[("x", "NATS binding, 3.1.3.2")]);
    }
}

proptest! {
    #[test]
    fn any_text_comes_back(text in "\\PC{0,20}") {
        prop_assert_eq!(received(&encoded(&text)).unwrap(), text.clone());
        prop_assert!(encoded(&text).bytes().all(|byte| byte.is_ascii_graphic()));
    }
}
