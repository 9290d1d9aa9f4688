//! The cases of eventkit.

use eventkit::binding::{http, kafka};
use eventkit::format::{Format, Json};
use eventkit::{CloudEvent, Event};
use eventkit_formats::avro::Avro;
use eventkit_formats::protobuf::Protobuf;
use eventkit_formats::xml::Xml;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::case::Case;
use crate::events::{OrderPlaced, Text};
use crate::messages::{self, SUBJECT, TRACE_PARENT, batch, binary, structured, time};

/// Returns all cases.
#[must_use]
pub fn all() -> Vec<Case> {
    let mut cases = of("small", &messages::reading());
    cases.extend(of("order", &messages::order()));
    cases.extend(of("large", &messages::large()));
    cases.extend(of("escaped", &messages::text()));
    cases.extend(of_enums());
    cases.extend(of_batches());
    cases.extend(on_kafka());
    cases.extend(of_format("Avro", Avro));
    cases.extend(of_format("Protobuf", Protobuf));
    cases.extend(of_format("XML", Xml));
    cases
}

fn of<T>(size: &str, value: &T) -> Vec<Case>
where
    T: CloudEvent + Serialize + DeserializeOwned + Clone,
{
    let event = messages::event(value);
    let body = structured(&event);
    let message = binary(&event);
    let name = |what: &str| format!("{what}, {size}");
    let values: [T; 4] = std::array::from_fn(|_| value.clone());
    let [first, second, third, fourth] = values;
    let [body_as, body_forward] = [body.clone(), body.clone()];
    let message_as = message.clone();
    let event_binary = event.clone();
    vec![
        Case::new(name("structured to typed"), move || {
            Json.decode_as::<T>(&body_as).unwrap()
        }),
        Case::new(name("structured to event"), move || {
            Json.decode(body.clone()).unwrap()
        }),
        Case::new(name("typed to event"), move || first.to_event().unwrap()),
        Case::new(name("typed to structured"), move || {
            Json.encode_typed(&second).unwrap()
        }),
        Case::new(name("built to structured"), move || {
            let builder = fourth.event_builder().unwrap();
            let builder = builder.subject(SUBJECT).time(time());
            let event = builder.extension("traceparent", TRACE_PARENT).build();
            Json.encode(&event.unwrap()).unwrap()
        }),
        Case::new(name("event to structured"), move || {
            Json.encode(&event).unwrap()
        }),
        Case::new(name("binary to typed"), move || {
            http::decode_as::<T>(&message_as.headers, message_as.body.clone()).unwrap()
        }),
        Case::new(name("binary to event"), move || {
            http::decode(&message.headers, message.body.clone()).unwrap()
        }),
        Case::new(name("typed to binary"), move || {
            http::encode_binary(&third.to_event().unwrap()).unwrap()
        }),
        Case::new(name("event to binary"), move || {
            http::encode_binary(&event_binary).unwrap()
        }),
        Case::new(name("structured to binary"), move || {
            http::encode_binary(&Json.decode(body_forward.clone()).unwrap()).unwrap()
        }),
    ]
}

/// A closed set of two types. Messages are decoded as the first one.
#[derive(Debug, CloudEvent)]
enum Either {
    Order(OrderPlaced),
    Text(Text),
}

fn of_enums() -> Vec<Case> {
    let sizes = [("order", messages::order()), ("large", messages::large())];
    let case = |(size, order)| {
        let body = structured(&messages::event(&order));
        Case::new(format!("structured to enum, {size}"), move || {
            Json.decode_as::<Either>(&body).unwrap()
        })
    };
    sizes.map(case).into()
}

/// The binary mode of Kafka, to compare with that of HTTP.
fn on_kafka() -> Vec<Case> {
    let event = messages::event(&messages::order());
    let kafka::Message { headers, value } = kafka::encode_binary(&event).unwrap();
    let (headers_as, value_as) = (headers.clone(), value.clone());
    vec![
        Case::new("Kafka binary to event, order", move || {
            kafka::decode(&headers, value.clone()).unwrap()
        }),
        Case::new("Kafka binary to typed, order", move || {
            kafka::decode_as::<OrderPlaced>(&headers_as, value_as.clone()).unwrap()
        }),
        Case::new("event to Kafka binary, order", move || {
            kafka::encode_binary(&event).unwrap()
        }),
    ]
}

/// Returns the cases of another format than JSON.
fn of_format(name: &str, format: impl Format + Copy) -> [Case; 2] {
    let event = messages::event(&messages::order());
    let bytes = format.encode(&event).unwrap();
    [
        Case::new(format!("{name} to event, order"), move || {
            format.decode(bytes.clone()).unwrap()
        }),
        Case::new(format!("event to {name}, order"), move || {
            format.encode(&event).unwrap()
        }),
    ]
}

fn of_batches() -> Vec<Case> {
    let bytes = batch(1000);
    let events: Vec<Event> = Json.decode_batch(bytes.clone()).unwrap();
    vec![
        Case::new("batch of 1000 to events", move || {
            Json.decode_batch(bytes.clone()).unwrap()
        }),
        Case::new("events to batch of 1000", move || {
            Json.encode_batch(&events).unwrap()
        }),
    ]
}
