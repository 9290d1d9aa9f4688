//! Every event survives every way it can go.

use eventkit::Event;
use eventkit::binding::http;
use eventkit::event::{AttributeValue, Data, DataKind};
use eventkit::format::{Format, Json};
use eventkit_tests::round_trip::{
    assert_survives, assert_survives_json, in_binary_mode, in_json_format,
};
use proptest::collection::vec;
use proptest::prelude::*;

use super::schema;
use super::strategy::event;

proptest! {
    #[test]
    fn an_event_survives_the_json_format(event in event()) {
        assert_survives_json(&event);
        let text = Json.encode(&event).unwrap();
        schema::check(&text);
        let decoded = Json.decode(text).unwrap();
        for (name, value) in event.extensions() {
            // JSON has these types; of the others there is the canonical string.
            let same = match (value, decoded.extension(name).unwrap()) {
                (AttributeValue::Boolean(_), AttributeValue::Boolean(_))
                | (AttributeValue::Integer(_), AttributeValue::Integer(_)) => true,
                (AttributeValue::Boolean(_) | AttributeValue::Integer(_), _) => false,
                (_, other) => matches!(other, AttributeValue::String(_)),
            };
            prop_assert!(same, "{}: {:?}", name, value);
        }
        prop_assert_eq!(decoded.data().map(Data::kind), event.data().map(Data::kind));
    }

    #[test]
    fn an_event_survives_every_content_mode_and_any_two_of_them(event in event()) {
        assert_survives(&event);
        if let Some(seen) = in_binary_mode(&event) {
            let message = http::encode_binary(&event).unwrap();
            let received = http::decode(&message.headers, message.body).unwrap();
            schema::check(&Json.encode(&received).unwrap());
            prop_assert_eq!(received, seen);
        }
    }

    #[test]
    fn binary_mode_carries_all_but_what_is_said_to_be_left_out(event in event()) {
        let content_type = event.data_content_type().unwrap_or_default();
        let of_events = content_type.starts_with("application/cloudevents");
        let is_binary = event.data().is_some_and(|data| data.kind() == DataKind::Binary);
        let is_empty = event.data().is_some_and(|data| data.as_bytes().is_empty());
        match in_binary_mode(&event) {
            None => prop_assert!(of_events || is_binary),
            Some(seen) if seen == event => {}
            Some(seen) => {
                let none = event.data().is_none() || is_empty;
                prop_assert!(none, "{:?} becomes {:?}", event, seen);
            }
        }
        prop_assert_eq!(http::encode_binary(&event).is_err(), of_events);
    }

    #[test]
    fn a_batch_of_any_events_survives(events in vec(event(), 0..5)) {
        let message = http::encode_batch(&events, &Json).unwrap();
        let text = Json.encode_batch(&events).unwrap();
        let events: Vec<Event> = events.iter().map(in_json_format).collect();
        prop_assert_eq!(&message.body, &text);
        let elements: Vec<&serde_json::value::RawValue> = serde_json::from_slice(&text).unwrap();
        for element in elements {
            schema::check(element.get().as_bytes());
        }
        prop_assert_eq!(&Json.decode_batch(text).unwrap(), &events);
        let decoded = http::decode_batch(&message.headers, message.body).unwrap();
        prop_assert_eq!(decoded, events);
    }

    #[test]
    fn a_lenient_decoder_finds_nothing_wrong_and_keeps_every_byte(event in event()) {
        let text = Json.encode(&event).unwrap();
        let lenient = Json.decode_lenient(text.clone()).unwrap();
        prop_assert_eq!(lenient.violations(), []);
        prop_assert_eq!(Json.encode_lenient(&lenient).unwrap(), &text);
        let event = in_json_format(&event);
        prop_assert_eq!(&Event::try_from(lenient.clone()).unwrap(), &event);

        let structured = http::encode_structured_lenient(&lenient, &Json).unwrap();
        prop_assert_eq!(structured.body, text);
        if in_binary_mode(&event).is_some() {
            let binary = http::encode_binary_lenient(&lenient).unwrap();
            let strict = http::encode_binary(&event).unwrap();
            prop_assert_eq!(&binary.headers, &strict.headers);
            prop_assert_eq!(&binary.body, &strict.body);
            let lenient = http::decode_lenient(&binary.headers, binary.body.clone()).unwrap();
            prop_assert_eq!(lenient.violations(), []);
            let again = http::encode_lenient(&lenient).unwrap();
            prop_assert_eq!(again.headers, binary.headers);
            prop_assert_eq!(again.body, binary.body);
        }
    }
}
