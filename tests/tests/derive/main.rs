//! `#[derive(CloudEvent)]`: the behaviour of generated code.

mod attributes;
mod clones;
mod computed;
mod constants;
mod conversions;
mod dependent_types;
mod enums;
mod floats;
mod forms;
mod generics;
mod media_types;
mod names;
mod one_pass;
mod other_events;
mod remote;

use std::fmt::Debug;

use eventkit::format::{Format, Json};
use eventkit::{CloudEvent, Event};

#[test]
fn every_file_is_a_module_of_the_suite() {
    eventkit_tests::suite::assert_whole(file!());
}

/// Encodes a value, and returns the event and its data as text.
fn encoded<T: CloudEvent>(value: &T) -> (Event, String) {
    let event = value.to_event().expect("the value should be encodable");
    let data = event.data().map(|data| data.as_bytes().to_vec());
    let text = String::from_utf8(data.unwrap_or_default()).expect("the data should be text");
    (event, text)
}

/// Asserts that a value can be decoded from its event, and from the bytes of its event.
#[track_caller]
fn assert_round_trip<T>(value: &T)
where
    T: CloudEvent + PartialEq + Debug,
{
    let event = value.to_event().expect("the value should be encodable");
    assert_eq!(
        &T::from_event(&event).expect("the event should be decodable"),
        value
    );

    let bytes = Json.encode(&event).expect("the event should be encodable");
    assert_eq!(
        &Json
            .decode_as::<T>(&bytes)
            .expect("the bytes should be decodable"),
        value
    );
}
