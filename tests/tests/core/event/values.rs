//! The values of attributes, and their canonical strings.

use bytes::Bytes;
use eventkit::event::{Attribute, AttributeValue, Timestamp, Uri, UriReference};
use eventkit_tests::message::minimal;
use eventkit_tests::refusal::assert_violations;

#[test]
fn every_type_has_its_canonical_string() {
    let time: Timestamp = "2026-01-31T10:30:00.50+01:00".parse().unwrap();
    let cases: [(AttributeValue, &str); 11] = [
        (false.into(), "false"),
        (i32::MIN.into(), "-2147483648"),
        (i32::MAX.into(), "2147483647"),
        (0.into(), "0"),
        ("Euro € 😀".into(), "Euro € 😀"),
        ("".into(), ""),
        (Bytes::from_static(b"\xff\xfe").into(), "//4="),
        (Bytes::new().into(), ""),
        (Uri::new("urn:a").unwrap().into(), "urn:a"),
        (UriReference::new("../a?b#c").unwrap().into(), "../a?b#c"),
        (time.into(), "2026-01-31T10:30:00.50+01:00"),
    ];
    for (value, expected) in cases {
        assert_eq!(value.to_text(), expected);
    }
}

#[test]
fn every_type_is_parsed_from_its_canonical_string() {
    #[track_caller]
    fn assert_back<T: Attribute + PartialEq + std::fmt::Debug>(value: &T) {
        let native = value.to_attribute().unwrap();
        let text = AttributeValue::String(native.to_text().into_owned());

        assert_eq!(&native.parse::<T>().unwrap(), value);
        assert_eq!(&text.parse::<T>().unwrap(), value);
    }

    assert_back(&true);
    assert_back(&i8::MIN);
    assert_back(&u8::MAX);
    assert_back(&i16::MIN);
    assert_back(&u16::MAX);
    assert_back(&i32::MIN);
    assert_back(&u32::MAX);
    assert_back(&i64::MIN);
    assert_back(&u64::MAX);
    assert_back(&i128::MIN);
    assert_back(&u128::MAX);
    assert_back(&"Euro € 😀".to_owned());
    assert_back(&Bytes::from_static(b"\0\xff"));
    assert_back(&vec![0_u8, 255]);
    assert_back(&Uri::new("https://example.com/?q").unwrap());
    assert_back(&UriReference::new("").unwrap());
    assert_back(&"2026-01-31T10:30:00.50+01:00".parse::<Timestamp>().unwrap());
    assert_back(&chrono::DateTime::from_timestamp(1_769_851_800, 1).unwrap());
}

#[test]
fn strings_may_contain_all_other_characters() {
    for text in [
        "",
        " ",
        "~",
        "\u{a0}",
        "\u{fdcf}",
        "\u{fdf0}",
        "\u{fffd}",
        "\u{10000}",
        "\u{e000}",
        "\u{10fffd}",
    ] {
        let event = minimal().extension("x", text).build().unwrap();
        assert_eq!(event.extension("x"), Some(&AttributeValue::from(text)));
    }
}

#[test]
fn control_characters_and_noncharacters_are_refused() {
    for c in [
        '\u{0}',
        '\t',
        '\n',
        '\u{1f}',
        '\u{7f}',
        '\u{80}',
        '\u{9f}',
        '\u{fdd0}',
        '\u{fdef}',
        '\u{fffe}',
        '\u{ffff}',
        '\u{1fffe}',
        '\u{10ffff}',
    ] {
        let text = format!("a{c}b");
        assert_violations(
            minimal().extension("x", &text).build(),
            &[("x", "core, Type System")],
        );
        assert_violations(
            minimal().subject(&text).build(),
            &[("subject", "core, subject")],
        );
        assert_violations(minimal().id(&text).build(), &[("id", "core, id")]);
        assert_violations(minimal().ty(&text).build(), &[("type", "core, type")]);
    }
}

#[test]
fn names_consist_of_lower_case_letters_and_digits() {
    for name in ["a", "0", "traceparent", "9z", &"long".repeat(20)] {
        assert!(minimal().extension(name, 1).build().is_ok(), "{name}");
    }
    for name in [
        "",
        "A",
        "a-b",
        "a_b",
        "a b",
        "ä",
        "data_base64",
        "a.b",
        "a\u{0}",
    ] {
        assert_violations(
            minimal().extension(name, 1).build(),
            &[(name, "core, Naming Conventions")],
        );
    }
}

#[test]
fn the_name_data_is_reserved() {
    assert_violations(
        minimal().extension("data", 1).build(),
        &[("data", "core, Naming Conventions")],
    );
}
