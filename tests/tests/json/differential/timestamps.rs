//! Timestamps are parsed and formatted like chrono does.

use chrono::{DateTime, FixedOffset, SecondsFormat};
use eventkit::event::Timestamp;
use eventkit_tests::fuzz::has_valid_second;
use proptest::prelude::*;

pub(super) fn by_chrono(text: &str) -> Option<DateTime<FixedOffset>> {
    // chrono also accepts a space before the time, and the minus sign of Unicode.
    let separated = matches!(text.as_bytes().get(10), Some(b'T' | b't'));
    (separated && text.is_ascii()).then_some(())?;
    let at = DateTime::parse_from_rfc3339(text).ok()?;
    has_valid_second(&at).then_some(at)
}

fn assert_same(text: &str) {
    let read: Option<DateTime<FixedOffset>> = text.parse::<Timestamp>().ok().map(Into::into);
    let reference = by_chrono(text);
    assert_eq!(read, reference, "{text}");
    assert_eq!(
        read.map(|at| *at.offset()),
        reference.map(|at| *at.offset()),
        "{text}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn almost_valid_timestamps_are_parsed_like_chrono(
        text in "[0-9]{4}-[01][0-9]-[0-3][0-9][Tt][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,12})?([Zz]|[+-][0-2][0-9]:[0-6][0-9])?",
        at in 0..40_usize,
        byte in 0..128_u8,
    ) {
        assert_same(&text);
        let mut changed = text.into_bytes();
        if let Some(place) = changed.get_mut(at) {
            *place = byte;
        }
        assert_same(&String::from_utf8(changed).unwrap());
    }

    #[test]
    fn leap_seconds_are_parsed_like_chrono(
        month in 1..=12_u32,
        day in 27..=31_u32,
        clock in prop_oneof![
            Just("23:59:60Z"), Just("22:59:60-01:00"), Just("00:59:60+01:00"), Just("23:59:60+01:00"),
        ],
    ) {
        assert_same(&format!("2024-{month:02}-{day:02}T{clock}"));
        assert_same(&format!("2024-{month:02}-01T{clock}"));
    }

    #[test]
    fn timestamps_are_formatted_like_chrono(
        seconds in -62_167_219_200_i64 + 86_400..253_402_300_799 - 86_400,
        nanos in prop_oneof![Just(0), Just(500_000_000), Just(1_000), 0..1_999_999_999_u32],
        minutes in -1439..1440_i32,
    ) {
        // chrono represents a leap second at the end of a minute only.
        let nanos = if seconds.rem_euclid(60) == 59 { nanos } else { nanos % 1_000_000_000 };
        let offset = FixedOffset::east_opt(minutes * 60).unwrap();
        let at = DateTime::from_timestamp(seconds, nanos).unwrap().with_timezone(&offset);
        let expected = at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        prop_assert_eq!(Timestamp::from(at).to_string(), expected);
    }
}
