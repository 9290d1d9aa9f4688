//! `TryFrom` between a type and the envelope.

use eventkit::{CloudEvent, DecodeError, EncodeError, Event};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.beat", source = "/clock")]
struct Beat {
    count: u8,
}

#[derive(Debug, PartialEq, CloudEvent)]
enum Clock {
    Beat(Beat),
}

#[test]
fn a_struct_converts_in_four_directions() {
    let event: Result<Event, EncodeError> = Event::try_from(&Beat { count: 7 });
    let event = event.unwrap();
    assert_eq!(
        Event::try_from(Beat { count: 7 }).unwrap().data(),
        event.data()
    );

    let beat: Result<Beat, DecodeError> = Beat::try_from(&event);
    assert_eq!(beat.unwrap(), Beat { count: 7 });
    assert_eq!(Beat::try_from(event).unwrap(), Beat { count: 7 });
}

#[test]
fn an_enum_converts_in_four_directions() {
    let clock = || Clock::Beat(Beat { count: 7 });
    let event = Event::try_from(&clock()).unwrap();
    assert_eq!(Event::try_from(clock()).unwrap().data(), event.data());
    assert_eq!(Clock::try_from(&event).unwrap(), clock());
    assert_eq!(Clock::try_from(event).unwrap(), clock());
}

#[test]
fn the_error_for_data_that_does_not_fit_has_a_cause() {
    let event = Event::builder().source("/clock").ty(Beat::TYPE);
    let event = event.data_json("seven").unwrap().build().unwrap();
    let error = Beat::try_from(&event).unwrap_err();

    let chain = eventkit_tests::refusal::chain(&error);
    assert!(
        chain.starts_with("failed to decode the data of the event as "),
        "{chain}"
    );
    assert!(chain.contains("expected struct Beat"), "{chain}");
}
