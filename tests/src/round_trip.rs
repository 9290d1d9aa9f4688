//! The ways that an event can go; at the end of each it is equal to what was sent.

use bytes::Bytes;
use eventkit::binding::http::{self, Decoder};
use eventkit::format::{Format, Json, LimitedJson};
use eventkit::{EncodeError, Event, LenientEvent, Limits};
use eventkit_nats::binding as nats;

const JSON: LimitedJson = Json.with_limits(Limits::UNLIMITED);
const HTTP: Decoder = http::with_limits(Limits::UNLIMITED);
const NATS: nats::Decoder = nats::with_limits(Limits::UNLIMITED);

/// Way of an event through an encoder and the decoder of the same mode.
type Way = fn(&Event) -> Result<Event, EncodeError>;

/// Every content mode of every binding, and every event format.
const WAYS: [(&str, Way); 7] = [
    ("the JSON format", |event| {
        Ok(JSON.decode(Json.encode(event)?).expect("it is an event"))
    }),
    ("the JSON batch format", |event| {
        let batch = Json.encode_batch(&[event.clone(), event.clone()])?;
        Ok(both(JSON.decode_batch(batch).expect("it is a batch")))
    }),
    ("HTTP in binary mode", |event| {
        http::encode_binary(event).map(over_http)
    }),
    ("HTTP in structured mode", |event| {
        http::encode_structured(event, &Json).map(over_http)
    }),
    ("HTTP in batched mode", |event| {
        let message = http::encode_batch(&[event.clone(), event.clone()], &Json)?;
        let decoded = HTTP.decode_batch(&message.headers, message.body);
        Ok(both(decoded.expect("it is a batch")))
    }),
    ("NATS in binary mode", |event| {
        nats::encode_binary(event).map(over_nats)
    }),
    ("NATS in structured mode", |event| {
        nats::encode_structured(event, &Json).map(over_nats)
    }),
];

fn over_http(message: http::Message) -> Event {
    let decoded = HTTP.decode(&message.headers, message.body);
    decoded.expect("it is an event")
}

fn over_nats(message: nats::Message) -> Event {
    let decoded = NATS.decode(&message.headers, message.body);
    decoded.expect("it is an event")
}

/// The first of two events that are to be the same.
fn both(events: Vec<Event>) -> Event {
    let [first, second] = <[Event; 2]>::try_from(events).expect("two were sent");
    assert_eq!(first, second);
    first
}

/// Asserts that an event that was built survives every way, and any two of them.
///
/// # Panics
///
/// Panics if it does not, or if an encoder refuses it.
#[track_caller]
pub fn assert_survives(event: &Event) {
    survive(event, |way, error| panic!("{way}: {error}, of {event:?}"));
}

/// Asserts that an event that was decoded survives every way whose encoder does not refuse it, and
/// any two of them.
///
/// The builder refuses what an encoder would. A decoder of structured messages makes events that only
/// some modes carry.
///
/// # Panics
///
/// Panics if it does not, or if an encoder refuses what can be built.
#[track_caller]
pub fn assert_decoded_survives(event: &Event) {
    survive(event, |way, error| {
        let built = event.to_builder().build();
        assert!(built.is_err(), "{way}: {error}, of {event:?}");
    });
}

#[track_caller]
fn survive(event: &Event, refused: impl Fn(&str, EncodeError)) {
    for (first, go) in WAYS {
        let received = match go(event) {
            Ok(received) => received,
            Err(error) => {
                refused(first, error);
                continue;
            }
        };
        assert_eq!(received, *event, "{first}");
        for (second, go) in WAYS {
            match go(&received) {
                Ok(again) => assert_eq!(again, *event, "{first}, then {second}"),
                Err(error) => refused(second, error),
            }
        }
    }
    survive_leniently(event);
}

/// Asserts that the lenient decoders find nothing wrong with an event, and keep every byte.
#[track_caller]
fn survive_leniently(event: &Event) {
    let text = Json.encode(event).expect("JSON holds every event");
    let lenient = JSON.decode_lenient(text.clone()).expect("it is JSON");
    assert_eq!(lenient.violations(), []);
    assert_eq!(Json.encode_lenient(&lenient).expect("it was JSON"), text);
    let structured = http::encode_structured_lenient(&lenient, &Json);
    assert_eq!(structured.expect("it was JSON").body, text);

    if let Ok(message) = http::encode_binary(event) {
        let binary = http::encode_binary_lenient(&lenient).expect("headers hold it");
        assert_eq!(binary.headers, message.headers);
        assert_eq!(binary.body.trim_ascii(), message.body.trim_ascii());
        let again = HTTP.decode_lenient(&message.headers, message.body.clone());
        let again = again.expect("it is an event");
        assert_eq!(again.violations(), []);
        let kept = http::encode_lenient(&again).expect("it was a message");
        assert_eq!((kept.headers, kept.body), (message.headers, message.body));
        assert_is(again, event);
    }
    assert_is(lenient, event);
}

#[track_caller]
fn assert_is(lenient: LenientEvent, event: &Event) {
    assert_eq!(lenient.into_event().expect("nothing is wrong"), *event);
}

/// Asserts that JSON text that is an event stays the same event when it is written and read again.
///
/// # Panics
///
/// Panics if it does not.
#[track_caller]
pub fn assert_survives_json(event: &Event) {
    let text: Bytes = Json.encode(event).expect("JSON holds every event");
    let decoded = JSON.decode(text.clone());
    let decoded = decoded.unwrap_or_else(|error| panic!("{error}, of {text:?}"));
    assert_eq!(decoded, *event);
}
