//! Values that are parsed from text.

use chrono::{DateTime, Datelike, FixedOffset, TimeDelta};
use eventkit::event::{MediaType, Timestamp};
use eventkit::format::{Format, Json};

use crate::message::minimal;
use crate::round_trip::assert_survives;

/// Checks that any text is refused, or is a media type that is displayed unchanged.
///
/// # Panics
///
/// Panics if it is not.
pub fn media_type(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let parsed = MediaType::parse(text);
    let built = minimal().data_content_type(text).build();
    let Ok(media_type) = parsed else {
        assert!(built.is_err(), "{text:?} is refused, but not by an event");
        return;
    };
    let of_events = media_type.essence().starts_with("application/cloudevents");
    assert_eq!(built.is_err(), of_events, "{text:?}");
    assert_eq!(media_type.to_string(), text);
    let again = MediaType::parse(&media_type.to_string());
    assert_eq!(
        again.expect("the media type should parse again"),
        media_type
    );
    let essence =
        MediaType::parse(media_type.essence()).expect("the essence should be a media type");
    assert_eq!(essence.essence(), media_type.essence());
    assert_eq!(essence.is_json(), media_type.is_json());
    let whole = format!("{}/{}", media_type.ty(), media_type.subtype());
    assert_eq!(whole, media_type.essence());
    let _ = (media_type.parameter("charset"), media_type.is_text());
    if let Ok(event) = built {
        assert_survives(&event);
    }
}

/// Returns whether a time is not a leap second, or is one at the end of a month in UTC.
#[must_use]
pub fn has_valid_second(at: &DateTime<FixedOffset>) -> bool {
    // chrono accepts a leap second at the end of every minute.
    let utc = at.to_utc();
    let clock = utc.format("%H:%M:%S").to_string();
    !clock.ends_with(":60") || (clock == "23:59:60" && (utc + TimeDelta::seconds(1)).day() == 1)
}

/// Checks that any text is refused, or is a timestamp that is kept unchanged, with the same result
/// in an event and in `chrono`.
///
/// # Panics
///
/// Panics if it is not.
pub fn timestamp(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let written = serde_json::to_string(text).expect("text should be encodable as JSON");
    let event = Json.decode(crate::message::json(&format!(r#""time":{written}"#)));
    // chrono also accepts other separators than `T`, and the minus sign of Unicode.
    let strict = text.is_ascii() && matches!(text.as_bytes().get(10), Some(b'T' | b't'));
    let oracle = DateTime::parse_from_rfc3339(text).ok();
    let oracle = oracle.filter(|at| strict && has_valid_second(at));
    let Ok(time) = text.parse::<Timestamp>() else {
        assert_eq!(oracle, None, "{text:?} is refused, but not by chrono");
        assert!(event.is_err(), "{text:?} is refused, but not in an event");
        return;
    };
    let oracle = oracle.expect("chrono should accept the text too");
    assert_eq!(
        (*time, time.offset()),
        (oracle, oracle.offset()),
        "{text:?}"
    );
    let printed = time.to_string();
    let again: Timestamp = printed
        .parse()
        .expect("the printed timestamp should parse again");
    assert_eq!(again, time);
    assert_eq!(again.to_string(), printed);
    let event = event.expect("an event should accept every timestamp");
    assert_eq!(event.time(), Some(time));
    assert_survives(&event);
}
