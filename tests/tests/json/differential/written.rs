//! One event in many forms: the fast path of the decoder accepts what the reference accepts.

use super::compare::assert_same;

/// The members of an event with all attributes, without escapes or white space.
const MEMBERS: [(&str, &str); 10] = [
    ("specversion", "\"1.0\""),
    ("id", "\"A-1\""),
    ("source", "\"/shop/orders\""),
    ("type", "\"t\""),
    ("subject", "\"customer-4711001\""),
    ("time", "\"2026-01-31T09:30:00.123456Z\""),
    ("datacontenttype", "\"application/json\""),
    ("dataschema", "\"https://schemas.example/orders/1.json\""),
    (
        "traceparent",
        "\"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\"",
    ),
    ("data", "{\"n\":[1,2,{\"a\":\"b\"}]}"),
];

/// Writes members with a separator between all tokens.
fn written(members: &[(&str, &str)], space: [&str; 4]) -> String {
    let [before, colon, value, after] = space;
    let members = members
        .iter()
        .map(|(name, text)| format!("{before}\"{name}\"{colon}:{value}{text}{after}"));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

const TIGHT: [&str; 4] = [""; 4];

#[test]
fn members_in_any_order_are_decoded_like_the_reference() {
    for first in 0..MEMBERS.len() {
        let mut members = MEMBERS;
        members.rotate_left(first);
        assert!(assert_same(written(&members, TIGHT).as_bytes()));
        members.reverse();
        assert!(assert_same(written(&members, TIGHT).as_bytes()));
    }
}

#[test]
fn white_space_anywhere_is_decoded_like_the_reference() {
    for at in 0..TIGHT.len() {
        for (text, is_space) in [
            (" ", true),
            ("\n", true),
            ("\t\r\n  ", true),
            ("\u{b}", false),
            ("\u{a0}", false),
            ("\0", false),
            (",", false),
            ("\"", false),
            (":", false),
        ] {
            let mut space = TIGHT;
            space[at] = text;
            assert_eq!(assert_same(written(&MEMBERS, space).as_bytes()), is_space);
            for only in 0..MEMBERS.len() {
                let mut members: Vec<String> = MEMBERS
                    .iter()
                    .map(|member| written(&[*member], TIGHT))
                    .collect();
                members[only] = written(&[MEMBERS[only]], space);
                let inner = members.iter().map(|member| &member[1..member.len() - 1]);
                let event = format!("{{{}}}", inner.collect::<Vec<_>>().join(","));
                assert_eq!(assert_same(event.as_bytes()), is_space, "{event}");
            }
        }
    }
}

#[test]
fn a_duplicate_member_is_decoded_like_the_reference() {
    for again in MEMBERS {
        for at in 0..=MEMBERS.len() {
            let mut members = MEMBERS.to_vec();
            members.insert(at, again);
            assert!(!assert_same(written(&members, TIGHT).as_bytes()));
            // The duplicate has another value, or its name is written with an escape.
            for other in [
                (again.0, "null"),
                (again.0, "\"\""),
                (again.0, "7"),
                ("\\u0069d", "\"A-1\""),
            ] {
                members[at] = other;
                assert_same(written(&members, TIGHT).as_bytes());
            }
        }
    }
}

#[test]
fn characters_anywhere_in_a_value_are_decoded_like_the_reference() {
    for changed in 0..MEMBERS.len() {
        let (name, value) = MEMBERS[changed];
        for at in 0..=value.len() {
            for character in [
                "\n", "\t", "\0", "\u{1f}", "\u{7f}", "\u{80}", "\u{ffff}", "é", "\"", "\\", "\\n",
                "\\u0041", "\\ud800", "\\u007f", " ", "%", ",", "}",
            ] {
                let mut value = value.to_owned();
                value.insert_str(at, character);
                let mut members = MEMBERS;
                members[changed] = (name, &value);
                assert_same(written(&members, TIGHT).as_bytes());
                assert_same(written(&members, ["", "", " ", ""]).as_bytes());
            }
        }
    }
}

#[test]
fn a_truncated_event_is_decoded_like_the_reference() {
    for space in [TIGHT, ["\n  ", "", " ", ""]] {
        let event = written(&MEMBERS, space);
        for end in 0..event.len() {
            assert!(!assert_same(&event.as_bytes()[..end]));
        }
        for more in [" ", "\n", "}", ",", "x", "\0", "{}"] {
            let event = format!("{event}{more}");
            assert_eq!(assert_same(event.as_bytes()), more.trim().is_empty());
        }
    }
}
