//! Limits that are checked before an event is sent.

use eventkit::binding::http::{self, encode_batch, encode_binary};
use eventkit::event::{LimitExceeded, Timestamp};
use eventkit::format::{Format, Json};
use eventkit::{Event, EventBuilder, Limits};
use eventkit_tests::message::minimal;

use super::nested;

/// Returns the name of the exceeded limit, and asserts that decoders agree.
#[track_caller]
fn exceeded(limits: Limits, event: EventBuilder) -> Option<&'static str> {
    let event = event.build().unwrap();
    let checked = limits.check_event(&event).err().map(|error| error.limit());
    let message = encode_binary(&event).unwrap();
    let binary = http::with_limits(limits).decode(&message.headers, message.body);
    let structured = Json
        .with_limits(limits)
        .decode(Json.encode(&event).unwrap());
    for decoded in [binary, structured] {
        let limit = decoded.map_err(|error| error.exceeded().map(LimitExceeded::limit));
        assert_eq!(limit.err().flatten(), checked);
    }
    let batch = [event.clone(), event];
    assert_eq!(
        limits.check_batch(&batch).err().map(|error| error.limit()),
        checked
    );
    checked
}

#[test]
fn check_event_agrees_with_decoders() {
    let limits = Limits::DEFAULT
        .attributes(6)
        .attribute_bytes(20)
        .json_depth(3);
    let json = |depth: usize| {
        let text: serde_json::Value = serde_json::from_str(&nested(depth)).unwrap();
        minimal().data_json(&text).unwrap()
    };
    assert_eq!(exceeded(limits, json(3)), None);
    assert_eq!(exceeded(limits, json(4)), Some("json_depth"));
    let text = "x".repeat(20);
    assert_eq!(
        exceeded(limits, minimal().subject(&text).extension("n", 7)),
        None
    );
    assert_eq!(
        exceeded(limits, minimal().subject(text + "x")),
        Some("attribute_bytes")
    );
    let bytes = vec![0_u8; 15];
    assert_eq!(
        exceeded(limits, minimal().extension("n", bytes.clone())),
        None
    );
    let more = [&bytes[..], &bytes].concat();
    assert_eq!(
        exceeded(limits, minimal().extension("n", more)),
        Some("attribute_bytes")
    );
    let name = "n".repeat(21);
    assert_eq!(
        exceeded(limits, minimal().extension(name, 7)),
        Some("attribute_bytes")
    );
    let at: Timestamp = "2026-01-31T09:30:00.5Z".parse().unwrap();
    assert_eq!(
        exceeded(limits, minimal().time(at)),
        Some("attribute_bytes")
    );
    let many = minimal()
        .extension("a", 1)
        .extension("b", 2)
        .extension("c", 3);
    assert_eq!(exceeded(limits, many), Some("attributes"));
}

#[test]
fn a_batch_has_its_own_limit() {
    let events: Vec<Event> = vec![minimal().build().unwrap(); 3];
    let limits = Limits::DEFAULT.batch_events(2);
    let error = limits.check_batch(&events).unwrap_err();
    assert_eq!(error.limit(), "batch_events");
    let message = encode_batch(&events, &Json).unwrap();
    let decoded = http::with_limits(limits).decode_batch(&message.headers, message.body);
    assert_eq!(decoded.unwrap_err().exceeded(), Some(&error));
    limits.check_batch(&events[1..]).unwrap();
}
