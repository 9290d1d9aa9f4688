//! Round trips of events through all content modes and formats, at the end of which an event is
//! unchanged.

use bytes::Bytes;
use chrono::Datelike;
use eventkit::binding::http::{self, Decoder};
use eventkit::binding::kafka;
use eventkit::event::{AttributeValue, Timestamp};
use eventkit::format::{Format, Json, LimitedJson};
use eventkit::{EncodeError, Event, LenientEvent, Limits};
use eventkit_formats::avro::{Avro, LimitedAvro};
use eventkit_formats::protobuf::{LimitedProtobuf, Protobuf};
use eventkit_formats::xml::{LimitedXml, Xml};
use eventkit_nats::binding as nats;

const JSON: LimitedJson = Json.with_limits(Limits::UNLIMITED);
const AVRO: LimitedAvro = Avro.with_limits(Limits::UNLIMITED);
const PROTOBUF: LimitedProtobuf = Protobuf.with_limits(Limits::UNLIMITED);
const XML: LimitedXml = Xml.with_limits(Limits::UNLIMITED);
const HTTP: Decoder = http::with_limits(Limits::UNLIMITED);
const KAFKA: kafka::Decoder = kafka::with_limits(Limits::UNLIMITED);
const NATS: nats::Decoder = nats::with_limits(Limits::UNLIMITED);

/// A round trip of an event through an encoder and the decoder of the same mode.
struct Way {
    name: &'static str,
    go: fn(&Event) -> Result<Event, EncodeError>,
    /// Returns the event at the end, or `None` if the encoder cannot represent it.
    result: fn(&Event) -> Option<Event>,
}

impl Way {
    /// A round trip that keeps every event.
    const fn exact(name: &'static str, go: fn(&Event) -> Result<Event, EncodeError>) -> Self {
        let result = |event: &Event| Some(event.clone());
        Self { name, go, result }
    }
}

/// Every content mode of every binding, and every event format.
const WAYS: [Way; 12] = [
    Way::exact("the JSON format", |event| {
        Ok(JSON
            .decode(Json.encode(event)?)
            .expect("the event should be decodable"))
    }),
    Way::exact("the JSON batch format", |event| {
        let batch = Json.encode_batch(&[event.clone(), event.clone()])?;
        Ok(both(
            JSON.decode_batch(batch)
                .expect("the batch should be decodable"),
        ))
    }),
    Way::exact("HTTP in binary mode", |event| {
        http::encode_binary(event).map(over_http)
    }),
    Way::exact("HTTP in structured mode", |event| {
        http::encode_structured(event, &Json).map(over_http)
    }),
    Way::exact("HTTP in batched mode", |event| {
        let message = http::encode_batch(&[event.clone(), event.clone()], &Json)?;
        let decoded = HTTP.decode_batch(&message.headers, message.body);
        Ok(both(decoded.expect("the batch should be decodable")))
    }),
    Way::exact("Kafka in binary mode", |event| {
        kafka::encode_binary(event).map(over_kafka)
    }),
    Way::exact("Kafka in structured mode", |event| {
        kafka::encode_structured(event, &Json).map(over_kafka)
    }),
    Way::exact("NATS in binary mode", |event| {
        nats::encode_binary(event).map(over_nats)
    }),
    Way::exact("NATS in structured mode", |event| {
        nats::encode_structured(event, &Json).map(over_nats)
    }),
    Way::exact("the Avro format", |event| {
        let decoded = AVRO.decode(Avro.encode(event)?);
        Ok(decoded.expect("the event should be decodable"))
    }),
    Way {
        name: "the Protobuf format",
        go: |event| {
            let decoded = PROTOBUF.decode(Protobuf.encode(event)?);
            Ok(decoded.expect("the event should be decodable"))
        },
        result: with_instants,
    },
    Way {
        name: "the XML format",
        go: |event| {
            let decoded = XML.decode(Xml.encode(event)?);
            Ok(decoded.expect("the event should be decodable"))
        },
        result: with_element_names,
    },
];

/// Returns the event, or `None` if the name of an extension begins with a digit.
fn with_element_names(event: &Event) -> Option<Event> {
    let mut names = event.extensions().iter().map(|(name, _)| name);
    let has_digit = names.any(|name| name.starts_with(|c: char| c.is_ascii_digit()));
    (!has_digit).then(|| event.clone())
}

/// Returns the event with its times as instants: in UTC, with as many fraction digits as needed; or
/// `None` if a time is a leap second, or not in the years 1 to 9999.
fn with_instants(event: &Event) -> Option<Event> {
    let instant = |time: Timestamp| {
        let utc = time.to_utc();
        let is_leap_second = utc.timestamp_subsec_nanos() >= 1_000_000_000;
        let has_year = (1..=9999).contains(&utc.year());
        (has_year && !is_leap_second).then(|| Timestamp::from(utc))
    };
    let mut changed = event.clone();
    if let Some(time) = event.time() {
        let time = Some(instant(time)?);
        changed.set_time(time).expect("the time should be valid");
    }
    for (name, value) in event.extensions() {
        if let AttributeValue::Timestamp(time) = value {
            let time = instant(*time)?;
            let set = changed.set_extension(name, time);
            set.expect("the time should be valid");
        }
    }
    Some(changed)
}

fn over_http(message: http::Message) -> Event {
    let decoded = HTTP.decode(&message.headers, message.body);
    decoded.expect("the event should be decodable")
}

fn over_kafka(message: kafka::Message) -> Event {
    let lenient = KAFKA.decode_lenient(&message.headers, message.value.clone());
    let lenient = lenient.expect("the message should be decodable");
    assert_eq!(lenient.violations(), []);
    let kept = kafka::encode_lenient(&lenient).expect("the message should be encodable");
    assert_eq!(kept, message);
    let decoded = KAFKA.decode(&message.headers, message.value);
    decoded.expect("the event should be decodable")
}

fn over_nats(message: nats::Message) -> Event {
    let decoded = NATS.decode(&message.headers, message.body);
    decoded.expect("the event should be decodable")
}

/// Returns the first of two events, which must be equal.
fn both(events: Vec<Event>) -> Event {
    let [first, second] = <[Event; 2]>::try_from(events).expect("the batch should have two events");
    assert_eq!(first, second);
    first
}

/// Asserts that an event that was built is unchanged by every round trip, and by any two of them.
///
/// A format may change the form of a time, but not its instant.
///
/// # Panics
///
/// Panics if it is changed, or if an encoder refuses it.
#[track_caller]
pub fn assert_survives(event: &Event) {
    survive(event, |way, error| panic!("{way}: {error}, of {event:?}"));
}

/// Asserts that a decoded event is unchanged by every round trip whose encoder accepts it, and by
/// any two of them.
///
/// The builder refuses what an encoder would refuse. A decoder of structured messages creates
/// events that only some modes can carry.
///
/// # Panics
///
/// Panics if it is changed, or if an encoder refuses an event that can be built.
#[track_caller]
pub fn assert_decoded_survives(event: &Event) {
    survive(event, |way, error| {
        let built = event.to_builder().build();
        assert!(built.is_err(), "{way}: {error}, of {event:?}");
    });
}

#[track_caller]
fn survive(event: &Event, refused: impl Fn(&str, EncodeError)) {
    let travel = |way: &Way, event: &Event| match ((way.go)(event), (way.result)(event)) {
        (Ok(received), Some(expected)) => {
            assert_eq!(received, expected, "{}", way.name);
            Some(received)
        }
        (Ok(_), None) => panic!("{}: {event:?} cannot be represented", way.name),
        (Err(_), None) => None,
        (Err(error), Some(_)) => {
            refused(way.name, error);
            None
        }
    };
    for first in &WAYS {
        if let Some(received) = travel(first, event) {
            for second in &WAYS {
                travel(second, &received);
            }
        }
    }
    survive_leniently(event);
}

/// Asserts that the lenient decoders find no violations, and keep every byte.
#[track_caller]
fn survive_leniently(event: &Event) {
    let text = Json
        .encode(event)
        .expect("every event should be encodable as JSON");
    let lenient = JSON
        .decode_lenient(text.clone())
        .expect("the event should be JSON");
    assert_eq!(lenient.violations(), []);
    assert_eq!(
        Json.encode_lenient(&lenient)
            .expect("the event should be encodable"),
        text
    );
    let structured = http::encode_structured_lenient(&lenient, &Json);
    assert_eq!(
        structured.expect("the event should be encodable").body,
        text
    );

    if let Ok(message) = http::encode_binary(event) {
        let binary = http::encode_binary_lenient(&lenient)
            .expect("the event should be encodable in headers");
        assert_eq!(binary.headers, message.headers);
        assert_eq!(binary.body.trim_ascii(), message.body.trim_ascii());
        let again = HTTP.decode_lenient(&message.headers, message.body.clone());
        let again = again.expect("the event should be decodable");
        assert_eq!(again.violations(), []);
        let kept = http::encode_lenient(&again).expect("the message should be encodable");
        assert_eq!((kept.headers, kept.body), (message.headers, message.body));
        assert_is(again, event);
    }
    assert_is(lenient, event);
}

#[track_caller]
fn assert_is(lenient: LenientEvent, event: &Event) {
    assert_eq!(
        lenient.into_event().expect("the event should be valid"),
        *event
    );
}

/// Asserts that a JSON event is the same event after encoding and decoding.
///
/// # Panics
///
/// Panics if it is not.
#[track_caller]
pub fn assert_survives_json(event: &Event) {
    let text: Bytes = Json
        .encode(event)
        .expect("every event should be encodable as JSON");
    let decoded = JSON.decode(text.clone());
    let decoded = decoded.unwrap_or_else(|error| panic!("{error}, of {text:?}"));
    assert_eq!(decoded, *event);
}
