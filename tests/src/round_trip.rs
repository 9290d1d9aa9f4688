//! The ways that an event can go, and what is equal at the end of each.

use std::slice;

use bytes::Bytes;
use eventkit::binding::http::{self, Decoder, Message};
use eventkit::event::{Data, MediaType};
use eventkit::format::{Format, Json, LimitedJson};
use eventkit::{Event, Limits};

const JSON: LimitedJson = Json.with_limits(Limits::UNLIMITED);
const HTTP: Decoder = http::with_limits(Limits::UNLIMITED);

/// Asserts that an event survives every content mode and format, and any two of them.
///
/// # Panics
///
/// Where it does not.
#[track_caller]
pub fn assert_survives(event: &Event) {
    assert_survives_json(event);
    let seen = in_json_format(event);
    let structured = http::encode_structured(event, &Json).expect("JSON holds every event");
    assert_eq!(decode(&structured), seen);

    let batch = [event.clone(), event.clone()];
    let batched = http::encode_batch(&batch, &Json).expect("JSON holds every event");
    let received = HTTP.decode_batch(&batched.headers, batched.body);
    let received = received.expect("what was written is a batch");
    assert_eq!(received, [seen.clone(), seen]);

    if let Some(seen) = in_binary_mode(event) {
        let binary = http::encode_binary(event).expect("the attributes fit into headers");
        let received = decode(&binary);
        assert_eq!(received, seen);
        let structured = http::encode_structured(&received, &Json);
        let structured = decode(&structured.expect("JSON holds every event"));
        assert_eq!(structured, in_json_format(&seen));
        let again = http::encode_binary(&structured);
        let again = again.expect("the attributes fitted into headers before");
        assert_eq!(again.headers, binary.headers);
        assert_eq!(decode(&again), structured);
    }
}

/// Asserts that an event survives the JSON format, alone and in a batch.
///
/// # Panics
///
/// Where it does not.
#[track_caller]
pub fn assert_survives_json(event: &Event) {
    let text = Json.encode(event).expect("JSON holds every event");
    let decoded = JSON.decode(text.clone());
    let decoded = decoded.unwrap_or_else(|error| panic!("{error}, of {text:?}"));
    let seen = in_json_format(event);
    assert_eq!(decoded, seen);
    let again = Json.encode(&decoded).expect("it did before");
    assert_eq!(JSON.decode(again).expect("it did before"), seen);

    let batch = Json.encode_batch(slice::from_ref(event));
    let batch = batch.expect("JSON holds every event");
    assert_eq!(batch, [b"[", &text[..], b"]"].concat());
    let decoded = JSON.decode_batch(batch).expect("it is a batch");
    assert_eq!(decoded, [seen]);
}

/// Returns the event that a receiver sees of this one in the JSON format: the same, but without
/// the white space around JSON data.
///
/// # Panics
///
/// Where the JSON data of an event is no JSON.
#[must_use]
pub fn in_json_format(event: &Event) -> Event {
    let white_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let Some(data) = event.data().filter(|data| data.is_json()) else {
        return event.clone();
    };
    let bytes = data.as_bytes();
    let start = bytes.iter().take_while(|byte| white_space(byte)).count();
    let end = bytes
        .iter()
        .rev()
        .take_while(|byte| white_space(byte))
        .count();
    let value = data.bytes().slice(start..bytes.len() - end);
    let value = Data::json(value).expect("it is JSON without the white space, too");
    with_data(event, Some(value))
}

/// Returns the event that a receiver sees of this one in binary mode, or `None` where the mode
/// cannot carry it.
///
/// It is the same event, but that data without bytes is none, where it could not be read under its
/// content type. A content type of events would be taken for another content mode, and binary data
/// that is not the JSON it is declared as is refused by the receiver.
///
/// # Panics
///
/// Where the content type of an event is no media type.
#[must_use]
pub fn in_binary_mode(event: &Event) -> Option<Event> {
    let media_type = event
        .data_content_type()
        .map(|text| MediaType::parse(text).expect("the event was checked"));
    let essence = media_type.as_ref().map_or("", MediaType::essence);
    if essence.starts_with("application/cloudevents") || http::encode_binary(event).is_err() {
        return None;
    }
    let is_json = media_type.as_ref().is_some_and(MediaType::is_json);
    let bytes = event.data().map_or(&b""[..], Data::as_bytes);
    if bytes.is_empty() {
        let data = Data::binary(Bytes::new());
        let none = media_type.is_none() || is_json;
        return Some(with_data(event, (!none).then_some(data)));
    }
    if !is_json {
        return Some(event.clone());
    }
    let json = Data::json(Bytes::copy_from_slice(bytes)).ok();
    json.map(|data| with_data(event, Some(data)))
}

/// Returns the event with the same attributes and other data.
fn with_data(event: &Event, data: Option<Data>) -> Event {
    let mut other = event.clone();
    other.take_data();
    let mut builder = other.to_builder();
    if let Some(content_type) = event.data_content_type() {
        builder = builder.data_content_type(content_type);
    }
    if let Some(schema) = event.data_schema() {
        builder = builder.data_schema(schema);
    }
    if let Some(data) = data {
        builder = builder.data(data);
    }
    builder.build().expect("the attributes were valid before")
}

#[track_caller]
fn decode(message: &Message) -> Event {
    let decoded = HTTP.decode(&message.headers, message.body.clone());
    decoded.unwrap_or_else(|error| panic!("{error}, of {message:?}"))
}
