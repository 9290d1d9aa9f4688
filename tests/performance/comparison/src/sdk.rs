//! The cases of `cloudevents-sdk`.

use std::convert::TryInto;

use cloudevents::binding::http::{Builder, Serializer, to_event};
use cloudevents::message::{BinaryDeserializer, Result};
use cloudevents::{AttributesReader, Data, Event, EventBuilder, EventBuilderV10};
use eventkit::CloudEvent;
use eventkit_performance::case::Case;
use eventkit_performance::messages::{
    self, SUBJECT, TRACE_PARENT, batch, binary, structured, time,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Returns all cases, with the names of the equivalent cases of eventkit.
#[must_use]
pub fn all() -> Vec<Case> {
    let mut cases = of("small", messages::reading());
    cases.extend(of("order", messages::order()));
    cases.extend(of("large", messages::large()));
    cases.extend(of("escaped", messages::text()));
    cases.extend(of_batches());
    cases
}

fn of<T>(size: &str, value: T) -> Vec<Case>
where
    T: CloudEvent + Serialize + DeserializeOwned + Clone,
{
    let event = messages::event(&value);
    let body = structured(&event);
    let message = binary(&event);
    let schema = event.data_schema().map(str::to_owned);
    let source = event.source().to_owned();
    let parsed: Event = serde_json::from_slice(&body).unwrap();
    let name = |what: &str| format!("{what}, {size}");
    let (own, own_source, own_schema) = (value.clone(), source.clone(), schema.clone());
    let make_built = move || {
        let builder = EventBuilderV10::new()
            .subject(SUBJECT)
            .time(time())
            .extension("traceparent", TRACE_PARENT);
        make(builder, &own, &own_source, own_schema.as_deref())
    };
    let make = move || {
        let builder = EventBuilderV10::new().time(chrono::Utc::now());
        make(builder, &value, &source, schema.as_deref())
    };
    let [make_structured, make_binary] = [make.clone(), make.clone()];
    let [body_event, body_forward] = [body.clone(), body.clone()];
    let message_event = message.clone();
    let parsed_binary = parsed.clone();
    vec![
        Case::new(name("structured to typed"), move || {
            typed::<T>(serde_json::from_slice(&body).unwrap())
        }),
        Case::new(name("structured to event"), move || {
            serde_json::from_slice::<Event>(&body_event).unwrap()
        }),
        Case::new(name("typed to event"), make),
        Case::new(name("typed to structured"), move || {
            serde_json::to_vec(&make_structured()).unwrap()
        }),
        Case::new(name("built to structured"), move || {
            serde_json::to_vec(&make_built()).unwrap()
        }),
        Case::new(name("event to structured"), move || {
            serde_json::to_vec(&parsed).unwrap()
        }),
        Case::new(name("binary to typed"), move || {
            typed::<T>(to_event(&message.headers, message.body.to_vec()).unwrap())
        }),
        Case::new(name("binary to event"), move || {
            to_event(&message_event.headers, message_event.body.to_vec()).unwrap()
        }),
        Case::new(name("typed to binary"), move || to_binary(make_binary())),
        Case::new(name("event to binary"), move || {
            to_binary(parsed_binary.clone())
        }),
        Case::new(name("structured to binary"), move || {
            to_binary(serde_json::from_slice(&body_forward).unwrap())
        }),
    ]
}

fn of_batches() -> Vec<Case> {
    let bytes = batch(1000);
    let events: Vec<Event> = serde_json::from_slice(&bytes).unwrap();
    vec![
        Case::new("batch of 1000 to events", move || {
            serde_json::from_slice::<Vec<Event>>(&bytes).unwrap()
        }),
        Case::new("events to batch of 1000", move || {
            serde_json::to_vec(&events).unwrap()
        }),
    ]
}

fn make<T: CloudEvent + Serialize>(
    builder: EventBuilderV10,
    value: &T,
    source: &str,
    schema: Option<&str>,
) -> Event {
    let builder = builder
        .id(uuid::Uuid::new_v4().to_string())
        .ty(T::TYPES[0])
        .source(source);
    let data = serde_json::to_value(value).unwrap();
    let builder = match schema {
        Some(schema) => builder.data_with_schema("application/json", schema, data),
        None => builder.data("application/json", data),
    };
    builder.build().unwrap()
}

fn typed<T: CloudEvent + DeserializeOwned>(mut event: Event) -> T {
    assert_eq!(event.ty(), T::TYPES[0]);
    match event.take_data().2.unwrap() {
        Data::Binary(bytes) => serde_json::from_slice(&bytes).unwrap(),
        Data::String(text) => serde_json::from_str(&text).unwrap(),
        Data::Json(value) => serde_json::from_value(value).unwrap(),
    }
}

/// A serializer that collects the parts of a message, for any client.
#[derive(Default)]
struct Message {
    headers: HeaderMap,
    body: Vec<u8>,
}

struct Collect(Message);

impl Builder<Message> for Collect {
    fn header(&mut self, key: &str, value: HeaderValue) {
        let name: HeaderName = key.try_into().unwrap();
        self.0.headers.insert(name, value);
    }

    fn body(&mut self, bytes: Vec<u8>) -> Result<Message> {
        self.0.body = bytes;
        self.finish()
    }

    fn finish(&mut self) -> Result<Message> {
        Ok(std::mem::take(&mut self.0))
    }
}

fn to_binary(event: Event) -> (HeaderMap, Vec<u8>) {
    let serializer = Serializer::new(Collect(Message::default()));
    let message: Message = event.deserialize_binary(serializer).unwrap();
    (message.headers, message.body)
}
