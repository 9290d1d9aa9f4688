//! The official Rust SDK as a peer within the test process.

use std::collections::HashMap;
use std::error::Error;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Request};
use axum::routing::post;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use cloudevents::binding::http::{Builder, Serializer, to_event};
use cloudevents::event::{AttributeValue, ExtensionValue};
use cloudevents::message::StructuredDeserializer;
use cloudevents::{AttributesReader, AttributesWriter, Data, Event, EventBuilder, EventBuilderV10};
use serde_json::{Map, Value, json};

use super::cell::Mode;
use super::description::Description;
use super::peer::{Answer, Order};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A message of the SDK.
type Message = Request<Option<Vec<u8>>>;

/// Returns the routes that the peers of other languages serve.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/understand", post(understand))
        .route("/send", post(send))
}

async fn understand(headers: HeaderMap, body: Bytes) -> Vec<u8> {
    let events = read(&headers, &body).and_then(|events| events.iter().map(describe).collect());
    answer(events.map(Answer::Events))
}

async fn send(order: Bytes) -> Vec<u8> {
    let order: Order = serde_json::from_slice(&order).unwrap();
    let message = match write(&order).map_err(|error| error.to_string()) {
        Ok(message) => message,
        Err(error) => return answer(Ok(Answer::Error(error))),
    };
    let (parts, body) = message.into_parts();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.post(order.to).headers(parts.headers);
    request.body(body.unwrap_or_default()).send().await.unwrap();
    answer(Ok(Answer::Sent(true)))
}

fn answer(answer: Result<Answer>) -> Vec<u8> {
    let answer = answer.unwrap_or_else(|error| Answer::Error(error.to_string()));
    serde_json::to_vec(&answer).unwrap()
}

/// Decodes a message. A batch is decoded as an array with serde, because the binding does not
/// support batches.
fn read(headers: &HeaderMap, body: &Bytes) -> Result<Vec<Event>> {
    let content_type = headers.get("content-type").map(|value| value.to_str());
    if content_type.transpose()? == Some("application/cloudevents-batch+json") {
        return Ok(serde_json::from_slice(body)?);
    }
    Ok(vec![to_event(headers, body.to_vec())?])
}

/// Describes an event of the SDK.
fn describe(event: &Event) -> Result<Description> {
    let mut attributes = Map::new();
    for (name, value) in event.iter_attributes() {
        let value = match value {
            AttributeValue::Time(time) => time.to_rfc3339(),
            other => other.to_string(),
        };
        attributes.insert(name.to_owned(), value.into());
    }
    for (name, value) in event.iter_extensions() {
        attributes.insert(name.to_owned(), serde_json::to_value(value)?);
    }
    let mut described = json!({ "attributes": attributes });
    if let Some(data) = event.data() {
        described["data"] = payload(event.datacontenttype(), data.clone())?;
    }
    Ok(serde_json::from_value(described)?)
}

/// Reads the data like a user who knows its form from the content type.
fn payload(content_type: Option<&str>, data: Data) -> Result<Value> {
    let content_type = content_type.unwrap_or("application/json");
    let essence = content_type.split(';').next().unwrap_or_default();
    Ok(if essence.ends_with("json") {
        json!({ "json": Value::try_from(data)? })
    } else if essence.starts_with("text/") || essence.ends_with("xml") {
        json!({ "json": String::try_from(data)? })
    } else {
        json!({ "base64": BASE64_STANDARD.encode(Vec::<u8>::try_from(data)?) })
    })
}

/// Builds the described event like a user of the SDK.
fn make(described: &Description) -> Result<Event> {
    let described = serde_json::to_value(described)?;
    let mut attributes: HashMap<String, Value> =
        serde_json::from_value(described["attributes"].clone())?;
    let mut take = |name| {
        attributes
            .remove(name)
            .map(|value| value.as_str().unwrap().to_owned())
    };
    take("specversion");
    let mut event = EventBuilderV10::new()
        .id(take("id").unwrap())
        .source(take("source").unwrap())
        .ty(take("type").unwrap());
    if let Some(subject) = take("subject") {
        event = event.subject(subject);
    }
    if let Some(time) = take("time") {
        event = event.time(time);
    }
    let content_type = take("datacontenttype");
    let schema = take("dataschema");
    for (name, value) in attributes {
        event = event.extension(&name, serde_json::from_value::<ExtensionValue>(value)?);
    }
    let data = match &described["data"] {
        Value::Null => None,
        data => Some(match data.get("base64") {
            Some(text) => Data::Binary(BASE64_STANDARD.decode(text.as_str().unwrap())?),
            None => data_of(content_type.as_deref(), &data["json"]),
        }),
    };
    Ok(match (data, content_type, schema) {
        (Some(data), Some(content_type), Some(schema)) => {
            event.data_with_schema(content_type, schema, data).build()?
        }
        (Some(data), Some(content_type), None) => event.data(content_type, data).build()?,
        (_, content_type, _) => {
            let mut event = event.build()?;
            event.set_datacontenttype(content_type);
            event
        }
    })
}

fn data_of(content_type: Option<&str>, value: &Value) -> Data {
    let is_json = content_type.is_none_or(|content_type| content_type.contains("json"));
    match value {
        Value::String(text) if !is_json => Data::String(text.clone()),
        value => Data::Json(value.clone()),
    }
}

fn write(order: &Order) -> Result<Message> {
    let events = order
        .events
        .iter()
        .map(make)
        .collect::<Result<Vec<Event>>>()?;
    let event = || events[0].clone();
    Ok(match order.mode {
        Mode::Binary => Message::try_from(event())?,
        Mode::Structured => event().deserialize_structured(Serializer::new(Writer::default()))?,
        Mode::Batch => Request::builder()
            .header("content-type", "application/cloudevents-batch+json")
            .body(Some(serde_json::to_vec(&events)?))?,
        Mode::KafkaBinary | Mode::KafkaStructured => return Err("not exchanged".into()),
    })
}

/// A serializer that takes a structured event from the SDK.
#[derive(Default)]
struct Writer {
    headers: HeaderMap,
}

impl Builder<Message> for Writer {
    fn header(&mut self, key: &str, value: axum::http::HeaderValue) {
        let key = axum::http::HeaderName::try_from(key).unwrap();
        self.headers.insert(key, value);
    }

    fn body(&mut self, bytes: Vec<u8>) -> cloudevents::message::Result<Message> {
        let mut message = Request::new(Some(bytes));
        *message.headers_mut() = std::mem::take(&mut self.headers);
        Ok(message)
    }

    fn finish(&mut self) -> cloudevents::message::Result<Message> {
        self.body(Vec::new())
    }
}
