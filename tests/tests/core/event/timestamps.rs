//! Timestamps: RFC 3339 is parsed and formatted with the same instant, offset and precision.

use chrono::{FixedOffset, TimeZone};
use eventkit::event::Timestamp;
use eventkit::format::{Format, Json};
use eventkit_tests::message::{json, minimal};
use eventkit_tests::refusal::assert_violations;

#[track_caller]
fn assert_prints(text: &str, expected: &str) {
    let time: Timestamp = text.parse().unwrap();
    assert_eq!(time.to_string(), expected);
    assert_eq!(expected.parse::<Timestamp>().unwrap(), time);
}

#[test]
fn offset_and_precision_are_kept() {
    for text in [
        "2026-01-31T09:30:00Z",
        "2026-01-31T09:30:00.0Z",
        "2026-01-31T09:30:00.5+01:00",
        "2026-01-31T09:30:00.50-23:59",
        "2026-01-31T09:30:00.123456+14:00",
        "2026-01-31T09:30:00.123456789Z",
        "0000-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59.999999999-01:00",
        "2024-02-29T00:00:00Z",
        "2016-12-31T23:59:60Z",
        "2016-12-31T23:59:60.25Z",
        "2017-01-01T00:59:60+01:00",
        "2016-12-31T15:59:60.999999999-08:00",
        "2024-02-29T23:59:60Z",
    ] {
        assert_prints(text, text);
    }
}

#[test]
fn there_is_one_canonical_form() {
    assert_prints("2026-01-31t09:30:00z", "2026-01-31T09:30:00Z");
    assert_prints("2026-01-31T09:30:00+00:00", "2026-01-31T09:30:00Z");
    assert_prints("2026-01-31T09:30:00-00:00", "2026-01-31T09:30:00Z");
}

#[test]
fn fraction_digits_after_the_ninth_are_cut_off() {
    assert_prints(
        "2026-01-31T09:30:00.1234567899999Z",
        "2026-01-31T09:30:00.123456789Z",
    );
}

#[test]
fn text_that_is_not_rfc_3339_is_refused() {
    for text in [
        "",
        "2026-01-31",
        "09:30:00Z",
        "2026-01-31T09:30:00",
        "2026-01-31T09:30Z",
        "2026-01-31 09:30:00Z",
        "2026-01-31_09:30:00Z",
        "2026-1-31T09:30:00Z",
        "2026-01-31T9:30:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T09:60:00Z",
        "2026-01-31T09:30:61Z",
        "2026-02-29T09:30:00Z",
        "2026-13-01T09:30:00Z",
        "2026-01-31T09:30:00.Z",
        "2026-01-31T09:30:00,5Z",
        "2026-01-31T09:30:00+01",
        "2026-01-31T09:30:00+0100",
        "2026-01-31T09:30:00+24:00",
        "2026-01-31T09:30:00+01:60",
        "2026-01-31T09:30:00 Z",
        "2026-01-31T09:30:00UTC",
        " 2026-01-31T09:30:00Z",
        "2026-01-31T09:30:00Z ",
        "20260131T093000Z",
        "+2026-01-31T09:30:00Z",
        "12026-01-31T09:30:00Z",
        "-2026-01-31T09:30:00Z",
        "Sat, 31 Jan 2026 09:30:00 GMT",
        "1769851800",
        "２026-01-31T09:30:00Z",
        "2026-01-31T09:30:00.５Z",
    ] {
        let error = text.parse::<Timestamp>().unwrap_err();
        assert_eq!(error.value(), Some(text), "{text}");
    }
}

#[test]
fn a_leap_second_is_at_the_end_of_a_month_in_utc() {
    let leap = |error: &str| assert!(error.contains("leap second only at the end"), "{error}");
    for text in [
        "2016-12-31T23:58:60Z",
        "2016-12-31T09:30:60Z",
        "2016-12-30T23:59:60Z",
        "2024-02-28T23:59:60Z",
        "2016-12-31T23:59:60+01:00",
        "2017-01-01T00:59:60-01:00",
        "2016-12-31T23:59:60.5-08:00",
    ] {
        let error = text.parse::<Timestamp>().unwrap_err();
        assert_eq!(error.value(), Some(text));
        leap(error.expected());
        let decoded = Json.decode(json(&format!(r#""time":"{text}""#)));
        leap(decoded.as_ref().unwrap_err().violations()[0].expected());
        assert_violations(decoded, &[("time", "core, time")]);
    }
    // chrono can represent it, but messages cannot.
    let at = chrono::DateTime::from_timestamp(59, 1_500_000_000).unwrap();
    assert_violations(minimal().time(at).build(), &[("time", "core, time")]);
    assert_violations(
        minimal().extension("at", Timestamp::from(at)).build(),
        &[("at", "core, Type System")],
    );
}

#[test]
fn a_unicode_minus_is_not_an_offset() {
    assert!(
        "2026-01-31T09:30:00\u{2212}01:00"
            .parse::<Timestamp>()
            .is_err()
    );
}

#[test]
fn a_date_time_has_as_many_fraction_digits_as_it_needs() {
    for (nanos, expected) in [
        (0, "1970-01-01T00:00:00Z"),
        (500_000_000, "1970-01-01T00:00:00.500Z"),
        (1_000, "1970-01-01T00:00:00.000001Z"),
        (1, "1970-01-01T00:00:00.000000001Z"),
    ] {
        let at = chrono::DateTime::from_timestamp(0, nanos).unwrap();
        assert_eq!(Timestamp::from(at).to_string(), expected);
    }
}

#[test]
fn a_date_time_keeps_its_offset() {
    let zone = FixedOffset::east_opt(5 * 3600 + 45 * 60).unwrap();
    let at = zone.with_ymd_and_hms(2026, 1, 31, 9, 30, 0).unwrap();

    assert_eq!(Timestamp::from(at).to_string(), "2026-01-31T09:30:00+05:45");
}

#[test]
fn an_offset_with_seconds_keeps_the_instant() {
    // The local mean time of Amsterdam, used until 1937.
    let zone = FixedOffset::east_opt(19 * 60 + 32).unwrap();
    let at = zone.with_ymd_and_hms(1930, 1, 1, 12, 0, 0).unwrap();
    let time = Timestamp::from(at);

    assert_eq!(time.to_string().parse::<Timestamp>().unwrap(), time);
    assert_eq!(time.to_string(), "1930-01-01T11:40:28Z");
}

#[test]
fn the_minimum_and_maximum_date_time_can_be_formatted() {
    for offset in [-86_340, 0, 86_340] {
        let zone = FixedOffset::east_opt(offset).unwrap();
        for at in [
            chrono::DateTime::<chrono::Utc>::MIN_UTC,
            chrono::DateTime::<chrono::Utc>::MAX_UTC,
        ] {
            let time = Timestamp::from(at.with_timezone(&zone));
            assert!(!time.to_string().is_empty() && !format!("{time:?}").is_empty());
            let built = eventkit_tests::message::minimal().time(time).build();
            eventkit_tests::refusal::assert_violations(built, &[("time", "core, time")]);
        }
    }
}

#[test]
fn now_has_microseconds() {
    let text = Timestamp::now().to_string();
    assert_eq!(text.len(), "2026-01-31T09:30:00.123456Z".len(), "{text}");
    assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
}

#[test]
fn now_round_trips() {
    let now = Timestamp::now();
    assert_eq!(now.to_string().parse::<Timestamp>().unwrap(), now);
}
