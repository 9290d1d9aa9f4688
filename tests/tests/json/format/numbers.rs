//! Numbers as attributes: the type Integer has 32 bits and no fraction.

use eventkit::event::AttributeValue;
use eventkit::format::{Format, Json};
use eventkit_tests::message::json;
use eventkit_tests::refusal::assert_invalid;

#[test]
fn integers_of_32_bits_are_accepted() {
    for (text, expected) in [
        ("0", 0),
        ("-0", 0),
        ("7", 7),
        ("-7", -7),
        ("2147483647", i32::MAX),
        ("-2147483648", i32::MIN),
    ] {
        let event = Json.decode(json(&format!(r#""n":{text}"#))).unwrap();
        assert!(
            matches!(event.extension("n"), Some(AttributeValue::Integer(n)) if *n == expected),
            "{text}: {event:?}"
        );
    }
}

#[test]
fn any_other_number_is_refused() {
    for text in [
        "2147483648",
        "-2147483649",
        "9223372036854775808",
        "1.0",
        "-0.0",
        "0e0",
        "1e2",
        "1E+2",
        "1.5",
        "1e999999999",
        "1e-999999999",
        &"9".repeat(10_000),
        &format!("1e{}", "9".repeat(10_000)),
        &format!("0.{}1", "0".repeat(10_000)),
    ] {
        assert_invalid(
            Json.decode(json(&format!(r#""n":{text}"#))),
            &[("n", "JSON format, 2.2")],
        );
    }
}

#[test]
fn the_error_shows_a_refused_number_as_written() {
    let error = Json.decode(json(r#""n":1.0"#)).unwrap_err();
    let violation = &error.violations()[0];

    assert_eq!(violation.value(), Some("1.0"));
    assert_eq!(
        violation.expected(),
        "a JSON string, a Boolean, or an Integer from -2147483648 to 2147483647"
    );
}

#[test]
fn numbers_in_data_are_unchanged() {
    for text in [
        "1.0",
        "1e2",
        "-0",
        "2147483648",
        "1e999999999",
        &"9".repeat(1000),
    ] {
        let event = Json.decode(json(&format!(r#""data":{text}"#))).unwrap();
        assert_eq!(event.data().unwrap().as_str(), Some(text));
        let again = Json.decode(Json.encode(&event).unwrap()).unwrap();
        assert_eq!(again.data().unwrap().as_str(), Some(text));
    }
}
