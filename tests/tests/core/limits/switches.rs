//! Deviations from the specification that a switch of the limits accepts.

use bytes::Bytes;
use eventkit::binding::http::{self, Message};
use eventkit::extension::TraceParent;
use eventkit::format::{Format, Json};
use eventkit::{CloudEvent, Event, Limits};
use eventkit_nats::binding as nats;
use eventkit_tests::message::{content_type, headers, json, minimal};
use serde::{Deserialize, Serialize};

/// A switch that is off by default.
type Switch = fn(Limits, bool) -> Limits;

const SWITCHES: [Switch; 4] = [
    Limits::json_as_events,
    Limits::arrays_as_batches,
    Limits::raw_percent_signs,
    Limits::empty_trace_context,
];

/// Asserts that only this switch accepts something.
#[track_caller]
fn accepted_by(accepted: impl Fn(Limits) -> bool, switch: usize) {
    assert!(!accepted(Limits::DEFAULT));
    assert!(!accepted(Limits::UNLIMITED));
    for (at, set) in SWITCHES.iter().enumerate() {
        assert_eq!(accepted(set(Limits::DEFAULT, true)), at == switch, "{at}");
    }
}

fn event() -> Event {
    minimal().data_json(&[7]).unwrap().build().unwrap()
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "t", source = "/s")]
struct Numbers(Vec<u8>);

#[test]
fn a_json_event_as_application_json_over_http() {
    let body = json(r#""datacontenttype":"application/json","data":[7]"#);
    for media_type in ["application/json", "Application/JSON; charset=utf-8"] {
        let headers = content_type(media_type);
        let decode = |limits| http::with_limits(limits).decode(&headers, body.clone());
        accepted_by(
            |limits| decode(limits).is_ok_and(|found| found == event()),
            0,
        );
        let typed = |limits| http::with_limits(limits).decode_as::<Numbers>(&headers, body.clone());
        accepted_by(
            |limits| typed(limits).is_ok_and(|found| found == Numbers(vec![7])),
            0,
        );
        let batch = Bytes::from([b"[", &body[..], b"]"].concat());
        let batch = |limits| http::with_limits(limits).decode_batch(&headers, batch.clone());
        accepted_by(
            |limits| batch(limits).is_ok_and(|found| found == [event()]),
            0,
        );
    }
    // A message with attributes in headers is in binary mode.
    let decoder = http::with_limits(Limits::DEFAULT.json_as_events(true));
    let binary = headers(&[("content-type", "application/json")]);
    let event = decoder.decode(&binary, body.clone()).unwrap();
    assert_eq!(event.data().unwrap().bytes(), &body);
    decoder
        .decode(&content_type("text/plain"), body.clone())
        .unwrap_err();
    let mut marked = content_type("application/json");
    marked.insert("ce-source", "/s".parse().unwrap());
    decoder.decode(&marked, body).unwrap_err();
}

#[test]
fn a_json_event_as_application_json_over_nats() {
    let body = json(r#""datacontenttype":"application/json","data":[7]"#);
    let headers = [("Content-Type", "application/json")];
    let decode = |limits| nats::with_limits(limits).decode(&headers, body.clone());
    accepted_by(
        |limits| decode(limits).is_ok_and(|found| found == event()),
        0,
    );
    let typed = |limits| nats::with_limits(limits).decode_as::<Numbers>(&headers, body.clone());
    accepted_by(
        |limits| typed(limits).is_ok_and(|found| found == Numbers(vec![7])),
        0,
    );
}

#[test]
fn an_array_as_one_event() {
    let Message { body, .. } = http::encode_batch(&[event(), event()], &Json).unwrap();
    let headers = content_type("application/cloudevents+json; charset=utf-8");
    let decode = |limits| http::with_limits(limits).decode_batch(&headers, body.clone());
    accepted_by(
        |limits| decode(limits).is_ok_and(|found| found == [event(), event()]),
        1,
    );
    let one = http::with_limits(Limits::DEFAULT.arrays_as_batches(true));
    one.decode(&headers, body).unwrap_err();
}

#[test]
fn a_percent_sign_that_encodes_nothing() {
    let value = "100% of 50%25 %zz%";
    let expected = minimal().subject("100% of 50% %zz%").build().unwrap();
    let over_http = headers(&[("ce-subject", value)]);
    let decode = |limits| http::with_limits(limits).decode(&over_http, Bytes::new());
    accepted_by(
        |limits| decode(limits).is_ok_and(|found| found == expected),
        2,
    );
    let over_nats = [
        ("ce-specversion", "1.0"),
        ("ce-id", "1"),
        ("ce-source", "/s"),
        ("ce-type", "t"),
        ("ce-subject", value),
    ];
    let decode = |limits| nats::with_limits(limits).decode(&over_nats, Bytes::new());
    accepted_by(
        |limits| decode(limits).is_ok_and(|found| found == expected),
        2,
    );
    // The encoded bytes must be UTF-8 nevertheless.
    let decoder = http::with_limits(Limits::DEFAULT.raw_percent_signs(true));
    decoder
        .decode(&headers(&[("ce-subject", "%ff")]), Bytes::new())
        .unwrap_err();
}

#[test]
fn an_empty_trace_context() {
    #[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
    #[cloudevent(type = "t", source = "/s")]
    struct Traced {
        #[cloudevent(extension)]
        traceparent: Option<TraceParent>,
        #[cloudevent(extension)]
        note: String,
    }

    let text = json(r#""traceparent":"","tracestate":"","note":"","data":{}"#);
    let expected = Traced {
        traceparent: None,
        note: String::new(),
    };
    let typed = |limits| Json.with_limits(limits).decode_as::<Traced>(&text);
    accepted_by(
        |limits| typed(limits).is_ok_and(|found| found == expected),
        3,
    );
    let decode = |limits: Limits| Json.with_limits(limits).decode(text.clone()).unwrap();
    accepted_by(|limits| decode(limits).extensions().len() == 1, 3);
    let over_http = headers(&[("ce-traceparent", ""), ("ce-note", "")]);
    let decode = |limits| {
        http::with_limits(limits)
            .decode(&over_http, Bytes::new())
            .unwrap()
    };
    accepted_by(|limits| decode(limits).extensions().len() == 1, 3);
}

#[test]
fn lenient_decoders_follow_the_switches() {
    let limits = Limits::DEFAULT.json_as_events(true).arrays_as_batches(true);
    let decoder = http::with_limits(limits.raw_percent_signs(true).empty_trace_context(true));
    let headers_of_json = content_type("application/json");
    let valid = json(r#""datacontenttype":"application/json","data":[7]"#);
    let wrong = json(r#""Ext":"1","traceparent":"""#);
    for (body, violations) in [(valid, 0), (wrong, 1)] {
        let event = decoder
            .decode_lenient(&headers_of_json, body.clone())
            .unwrap();
        assert_eq!(event.violations().len(), violations);
        let message = http::encode_lenient(&event).unwrap();
        assert_eq!((&message.headers, &message.body), (&headers_of_json, &body));
        // Every receiver can decode what was encoded in a mode.
        let binary = http::encode_binary_lenient(&event).unwrap();
        assert_eq!(binary.headers["ce-id"], "1");
        let structured = http::encode_structured_lenient(&event, &Json).unwrap();
        assert_eq!(
            structured.headers,
            content_type("application/cloudevents+json")
        );
        assert_eq!(structured.body, body);

        let array = Bytes::from([b"[", &body[..], b"]"].concat());
        for media_type in ["application/json", "application/cloudevents+json"] {
            let headers = content_type(media_type);
            let events = decoder
                .decode_batch_lenient(&headers, array.clone())
                .unwrap();
            assert_eq!(events.len(), 1);
            assert_eq!(events[0].violations().len(), violations);
        }
    }
    let percent = headers(&[("ce-subject", "50% of%20it"), ("ce-with-dash", "1")]);
    let event = decoder.decode_lenient(&percent, Bytes::new()).unwrap();
    assert_eq!(event.attribute("subject").as_deref(), Some("50% of it"));
}
