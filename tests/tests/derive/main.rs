//! `#[derive(CloudEvent)]`: what the generated code does.

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
mod remote;

use std::fmt::Debug;

use eventkit::format::{Format, Json};
use eventkit::{CloudEvent, Event};

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}

/// Makes the event of a value, and returns it with its data as text.
fn encoded<T: CloudEvent>(value: &T) -> (Event, String) {
    let event = value.to_event().expect("it can be encoded");
    let data = event.data().map(|data| data.as_bytes().to_vec());
    let text = String::from_utf8(data.unwrap_or_default()).expect("the data is text");
    (event, text)
}

/// Asserts that a value comes back from its event, and from the bytes of its event.
#[track_caller]
fn assert_round_trip<T>(value: &T)
where
    T: CloudEvent + PartialEq + Debug,
{
    let event = value.to_event().expect("it can be encoded");
    assert_eq!(&T::from_event(&event).expect("it can be decoded"), value);

    let bytes = Json.encode(&event).expect("it can be written");
    assert_eq!(&Json.decode_as::<T>(&bytes).expect("it can be read"), value);
}
