//! Values that are parsed from text and displayed.

use eventkit::event::{MediaType, Timestamp};
use proptest::prelude::*;

use super::strategy::timestamp;

/// Generates media types of all forms, with names in any case.
fn media_type() -> impl Strategy<Value = String> {
    let name = "[a-zA-Z0-9][a-zA-Z0-9.!#$&^_-]{0,8}";
    let value = prop_oneof![
        "[a-zA-Z0-9!#$%&'*+.^_-]{1,6}",
        "\"([ -!#-\\[\\]-~]|\\\\[ -~]){1,6}\""
    ];
    let parameter = ("[ \t]?;[ \t]?", "[a-z][a-z0-9-]{0,5}", value);
    let parameters = proptest::collection::vec(parameter, 0..3);
    let suffix = proptest::option::of("[a-zA-Z0-9]{1,5}");
    (name, name, suffix, parameters).prop_map(|(ty, subtype, suffix, parameters)| {
        let suffix = suffix.map_or_else(String::new, |suffix| format!("+{suffix}"));
        let parameters: Vec<String> = parameters
            .into_iter()
            .map(|(separator, name, value)| format!("{separator}{name}={value}"))
            .collect();
        format!("{ty}/{subtype}{suffix}{}", parameters.concat())
    })
}

proptest! {
    #[test]
    fn a_media_type_is_displayed_unchanged(text in media_type()) {
        let parsed: MediaType = text.parse().unwrap();
        prop_assert_eq!(parsed.to_string(), &text[..]);
        prop_assert_eq!(&parsed.to_string().parse::<MediaType>().unwrap(), &parsed);
        prop_assert_eq!(parsed.essence(), parsed.essence().to_ascii_lowercase());
        let shouted = parsed.essence().to_ascii_uppercase().parse::<MediaType>().unwrap();
        prop_assert_eq!(shouted.essence(), parsed.essence());
        prop_assert_eq!(shouted.is_json(), parsed.is_json());
    }

    #[test]
    fn a_timestamp_is_displayed_as_it_is_parsed(time in timestamp()) {
        let printed = time.to_string();
        let again: Timestamp = printed.parse().unwrap();
        prop_assert_eq!(again, time);
        prop_assert_eq!(again.to_string(), printed);
    }

    #[test]
    fn a_timestamp_keeps_offset_and_fraction(
        seconds in "2026-0[1-9]-1[0-9]T[01][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?",
        offset in "[+-](0[1-9]|1[0-9]):[0-5][0-9]",
    ) {
        let text = format!("{seconds}{offset}");
        prop_assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
    }
}
