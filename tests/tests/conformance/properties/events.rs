//! Every event round-trips in every mode and format.

use eventkit::Event;
use eventkit::binding::http;
use eventkit::event::{AttributeValue, Data};
use eventkit::format::{Format, Json};
use eventkit_formats::protobuf::Protobuf;
use eventkit_formats::xml::Xml;
use eventkit_tests::round_trip::assert_survives;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

use super::schema;
use super::strategy::event;

/// A thousand events, or the number in `PROPTEST_CASES`.
fn config() -> ProptestConfig {
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => ProptestConfig::default(),
        None => ProptestConfig::with_cases(1_000),
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn an_event_round_trips_as_json(event in event()) {
        let text = Json.encode(&event).unwrap();
        schema::check(&text);
        let decoded = Json.decode(text).unwrap();
        for (name, value) in event.extensions() {
            // JSON has these types. Values of other types are canonical strings.
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
    fn an_event_that_can_be_built_round_trips_in_every_mode_and_format(event in event()) {
        assert_survives(&event);
        let message = http::encode_binary(&event).unwrap();
        let received = http::decode(&message.headers, message.body).unwrap();
        schema::check(&Json.encode(&received).unwrap());
    }

    #[test]
    fn an_event_round_trips_in_serde_formats(event in event()) {
        let value = serde_json::to_value(&event).unwrap();
        prop_assert_eq!(&value, &serde_json::from_slice::<Value>(&Json.encode(&event).unwrap()).unwrap());
        let bytes = rmp_serde::to_vec(&event).unwrap();
        for mut read in [
            serde_json::from_value(value).unwrap(),
            rmp_serde::from_slice::<Event>(&bytes).unwrap(),
        ] {
            // The value is decoded unchanged, but its text may differ.
            if let Some(data) = event.data().filter(|data| data.is_json()) {
                let of = |data: &Data| serde_json::from_slice::<Value>(data.as_bytes()).unwrap();
                prop_assert_eq!(of(read.data().unwrap()), of(data));
                read.set_data(event.data_content_type(), data.clone()).unwrap();
            }
            prop_assert_eq!(read, event.clone());
        }
    }

    #[test]
    fn a_batch_of_any_events_round_trips_in_other_formats(events in vec(event(), 0..5)) {
        for format in [&Protobuf as &dyn Format, &Xml] {
            // A batch is refused if one of its events is.
            let Ok(bytes) = format.encode_batch(&events) else {
                prop_assert!(events.iter().any(|event| format.encode(event).is_err()));
                continue;
            };
            let alone = events.iter().map(|event| format.encode(event).unwrap());
            let alone: Vec<Event> = alone.map(|bytes| format.decode(bytes).unwrap()).collect();
            prop_assert_eq!(format.decode_batch(bytes).unwrap(), alone);
        }
    }

    #[test]
    fn a_batch_of_any_events_round_trips(events in vec(event(), 0..5)) {
        let message = http::encode_batch(&events, &Json).unwrap();
        let text = Json.encode_batch(&events).unwrap();
        prop_assert_eq!(&message.body, &text);
        let elements: Vec<&serde_json::value::RawValue> = serde_json::from_slice(&text).unwrap();
        for element in elements {
            schema::check(element.get().as_bytes());
        }
        prop_assert_eq!(&Json.decode_batch(text).unwrap(), &events);
        let decoded = http::decode_batch(&message.headers, message.body).unwrap();
        prop_assert_eq!(decoded, events);
    }
}
