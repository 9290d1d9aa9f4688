//! Tests of header values for each binding that percent-encodes them (HTTP binding, 3.1.3.2).

#![allow(
    missing_docs,
    clippy::missing_panics_doc,
    reason = "the functions are tests, named after what they assert"
)]

use eventkit::DecodeError;

use crate::refusal::assert_invalid;

/// A binding with attributes in headers.
pub trait HeaderBinding {
    /// The section in violations.
    const SECTION: &'static str;

    /// Returns the header value of an extension attribute with this text.
    fn encoded(text: &str) -> String;

    /// Returns the text of an extension attribute with this header value.
    ///
    /// # Errors
    ///
    /// Returns an error if the message is refused.
    fn received(value: &str) -> Result<String, DecodeError>;
}

/// Defines a test for each function of [`header_values`](crate::header_values), for a binding.
#[macro_export]
macro_rules! header_value_tests {
    ($binding:ty) => {
        $crate::header_value_tests! {
            $binding:
            space_quote_percent_and_non_ascii_are_encoded,
            all_other_printable_ascii_is_unchanged,
            an_encoded_value_round_trips,
            lower_case_and_needless_encoding_are_accepted,
            encoded_bytes_that_are_not_utf_8_are_refused,
            a_percent_sign_without_two_digits_is_refused,
            a_value_is_decoded_once,
            plus_is_not_a_space,
            a_quoted_value_is_unquoted_first,
            a_quote_elsewhere_is_literal,
            raw_utf_8_is_accepted,
            characters_that_attributes_cannot_contain_are_refused_after_decoding,
        }
    };
    ($binding:ty: $($test:ident,)+) => {
        $(
            #[test]
            fn $test() {
                $crate::header_values::$test::<$binding>();
            }
        )+
    };
}

#[track_caller]
fn assert_received<B: HeaderBinding>(value: &str, expected: &str) {
    assert_eq!(B::received(value).unwrap(), expected, "{value}");
}

#[track_caller]
fn assert_refused<B: HeaderBinding>(values: &[&str]) {
    for value in values {
        assert_invalid(B::received(value), &[("x", B::SECTION)]);
    }
}

pub fn space_quote_percent_and_non_ascii_are_encoded<B: HeaderBinding>() {
    assert_eq!(B::encoded("Euro € 😀"), "Euro%20%E2%82%AC%20%F0%9F%98%80");
    assert_eq!(B::encoded("a b\"c%d"), "a%20b%22c%25d");
    assert_eq!(B::encoded("\u{a0}\u{fffd}"), "%C2%A0%EF%BF%BD");
    assert_eq!(B::encoded(" a "), "%20a%20");
}

pub fn all_other_printable_ascii_is_unchanged<B: HeaderBinding>() {
    let rest: String = ('!'..='~').filter(|c| !matches!(c, '"' | '%')).collect();

    assert_eq!(B::encoded(&rest), rest);
    assert_eq!(B::encoded(" \"%"), "%20%22%25");
    assert_received::<B>(&rest, &rest);
}

pub fn an_encoded_value_round_trips<B: HeaderBinding>() {
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
        assert_received::<B>(&B::encoded(text), text);
    }
}

pub fn lower_case_and_needless_encoding_are_accepted<B: HeaderBinding>() {
    assert_received::<B>("Euro%20%e2%82%ac%20%f0%9f%98%80", "Euro € 😀");
    assert_received::<B>("%41%2d%7e%2F", "A-~/");
    assert_received::<B>("%E2%82%aC", "€");
    assert_received::<B>("%e2%82%ac%41", "€A");
}

pub fn encoded_bytes_that_are_not_utf_8_are_refused<B: HeaderBinding>() {
    assert_refused::<B>(&[
        "%C0%A0",
        "%c0%a0",
        "%FF",
        "%ff",
        "%E2%82",
        "%ED%A0%80",
        "%F5%80%80%80",
        "%80",
        "a%C3b",
        "\"%C0%A0\"",
    ]);
}

pub fn a_percent_sign_without_two_digits_is_refused<B: HeaderBinding>() {
    assert_refused::<B>(&[
        "%", "%2", "%4", "%zz", "%2z", "%z2", "100%", "%%20", "%20%", "% 20", "\"%\"", "%+1",
    ]);
}

pub fn a_value_is_decoded_once<B: HeaderBinding>() {
    assert_received::<B>("%2541", "%41");
    assert_received::<B>("%2525", "%25");
    assert_received::<B>("\"%2541\"", "%41");
}

pub fn plus_is_not_a_space<B: HeaderBinding>() {
    assert_received::<B>("a+b", "a+b");
}

pub fn a_quoted_value_is_unquoted_first<B: HeaderBinding>() {
    assert_received::<B>("\"\"", "");
    assert_received::<B>("\"a b\"", "a b");
    assert_received::<B>("\"%41\"", "A");
    assert_received::<B>(r#""a\"b\\c""#, "a\"b\\c");
    assert_received::<B>("\"say \\\"hi\\\" \\\\ \\a\"", "say \"hi\" \\ a");
    assert_received::<B>("\"Euro%20€ \\%20\"", "Euro €  ");
    assert_received::<B>("\"\\\"\"", "\"");
    assert_received::<B>("\"a (b) c\"", "a (b) c");
}

pub fn a_quote_elsewhere_is_literal<B: HeaderBinding>() {
    for value in [
        "a\"b\"",
        "\"",
        "\"a",
        "\"open",
        "\"a\\\"",
        "\"\\",
        "\"a\"b",
        "\"a\" \"b\"",
        "\"quoted text\" more",
        r#"{"message":{"a":"b\"c"}}"#,
        r#"["a","b"]"#,
    ] {
        assert_received::<B>(value, value);
        assert_received::<B>(&B::encoded(value), value);
    }
    assert_received::<B>("\"a\"%20b", "\"a\" b");
    assert_received::<B>("a\\b", "a\\b");
    assert_received::<B>("%22a%22", "\"a\"");
    assert_received::<B>("'a'", "'a'");
}

pub fn raw_utf_8_is_accepted<B: HeaderBinding>() {
    assert_received::<B>("Euro €", "Euro €");
    assert_received::<B>("\"Euro €\"", "Euro €");
    assert_received::<B>("€%20€", "€ €");
}

pub fn characters_that_attributes_cannot_contain_are_refused_after_decoding<B: HeaderBinding>() {
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
        assert_invalid(B::received(value), &expected);
    }
}
