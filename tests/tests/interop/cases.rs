//! The events that are exchanged with every peer in every mode.

use bytes::Bytes;
use eventkit::event::Timestamp;
use eventkit::{Event, EventBuilder};
use serde_json::{Value, json};

/// An event and the aspect that it tests.
pub(crate) struct Case {
    /// The name in the table, and in the list of known differences.
    pub(crate) name: &'static str,
    /// The event that is sent and must arrive.
    pub(crate) event: Event,
}

type Make = fn(EventBuilder) -> EventBuilder;

const CASES: [(&str, Make); 43] = [
    ("required only", EventBuilder::without_time),
    ("every attribute", |event| {
        let event = event
            .subject("A-1")
            .data_schema("https://example.com/order.json");
        json(event.extension("region", "eu"), &json!({"order": "A-1"}))
    }),
    ("extension string", |event| event.extension("zone", "eu-1")),
    ("extension integer", |event| event.extension("n", 7)),
    ("extension negative", |event| event.extension("n", i32::MIN)),
    ("extension boolean", |event| {
        event.extension("sampled", true)
    }),
    ("extension false", |event| event.extension("sampled", false)),
    ("extension partitionkey", |event| {
        event.extension("partitionkey", "c-7")
    }),
    ("json object", |event| {
        json(event, &json!({"a": 1, "b": [true, null], "c": {"d": "e"}}))
    }),
    ("json empty object", |event| json(event, &json!({}))),
    ("json array", |event| json(event, &json!([1, "two", null]))),
    ("json string", |event| json(event, &json!("hello"))),
    ("json string of json", |event| {
        json(event, &json!("{\"a\":1}"))
    }),
    ("json empty string", |event| json(event, &json!(""))),
    ("json number", |event| json(event, &json!(42))),
    ("json fraction", |event| json(event, &json!({"n": -1.5e-3}))),
    ("json large integer", |event| {
        json(event, &json!({"n": 9_007_199_254_740_993_u64}))
    }),
    ("json null", |event| json(event, &Value::Null)),
    ("json true", |event| json(event, &json!(true))),
    ("json false", |event| json(event, &json!(false))),
    ("text", |event| text(event, "hello, world\nsecond line")),
    ("text that is json", |event| text(event, "{\"a\":1}")),
    ("xml", |event| {
        let event = event.data_content_type("application/xml");
        event.data_text("<much wow=\"xml\"/>")
    }),
    ("binary", |event| {
        octets(event, &[0, 1, 0x80, 0xff, b'"', b'\\'])
    }),
    ("binary that is text", |event| octets(event, b"plain")),
    ("empty text", |event| text(event, "")),
    ("empty binary", |event| octets(event, b"")),
    ("type without data", |event| {
        event.data_content_type("text/plain")
    }),
    ("subject not ascii", |event| event.subject("Zürich €")),
    ("subject latin 1", |event| event.subject("Zürich")),
    ("subject astral", |event| event.subject("😀")),
    ("extension not ascii", |event| {
        event.extension("city", "東京")
    }),
    ("text not ascii", |event| text(event, "naïve – 東京 😀")),
    ("json not ascii", |event| {
        json(event, &json!({"город": "Москва 😀"}))
    }),
    ("subject with space", |event| event.subject("a b")),
    ("subject with quote", |event| event.subject("say\"hi\"")),
    ("subject in quotes", |event| event.subject("\"all\"")),
    ("subject with percent", |event| event.subject("100%25")),
    ("subject printable ascii", |event| {
        event.subject("!#$&'()*+,-./:;<=>?@[\\]^_`{|}~")
    }),
    ("time with offset", |event| {
        event.time(at("2026-01-31T10:30:00+01:00"))
    }),
    ("time to nanosecond", |event| {
        event.time(at("2026-01-31T09:30:00.123456789Z"))
    }),
    ("type with parameter", |event| {
        let event = event.data_content_type("application/json; charset=utf-8");
        json(event, &json!({"a": "ä"}))
    }),
    ("type with suffix", |event| {
        let event = event.data_content_type("application/vnd.order+json");
        json(event, &json!({"a": 1}))
    }),
];

/// Returns all cases.
pub(crate) fn all() -> Vec<Case> {
    let mut cases: Vec<Case> = CASES
        .into_iter()
        .map(|(name, make)| Case {
            name,
            event: make(start()).build().unwrap(),
        })
        .collect();
    cases.push(Case {
        name: "large data",
        event: json(
            start(),
            &json!({"lines": vec!["0123456789abcdef"; 32 * 1024]}),
        )
        .build()
        .unwrap(),
    });
    cases
}

/// Returns another event for the batch of a case.
pub(crate) fn companion() -> Event {
    start().id("companion").build().unwrap()
}

fn start() -> EventBuilder {
    let event = Event::builder().id("A234-1234-1234").source("/clock/1");
    event
        .ty("com.example.tick")
        .time(at("2026-01-31T09:30:00Z"))
}

fn json<T: serde::Serialize + ?Sized>(event: EventBuilder, value: &T) -> EventBuilder {
    event.data_json(value).unwrap()
}

fn text(event: EventBuilder, text: &str) -> EventBuilder {
    event
        .data_content_type("text/plain; charset=utf-8")
        .data_text(text)
}

fn octets(event: EventBuilder, bytes: &[u8]) -> EventBuilder {
    let event = event.data_content_type("application/octet-stream");
    event.data_bytes(Bytes::copy_from_slice(bytes))
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}
