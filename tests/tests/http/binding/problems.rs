//! The response of a server to a refused message.

use bytes::Bytes;
use eventkit::binding::http::{Problem, decode};
use eventkit::format::{Format, Json};
use eventkit::{CloudEvent, DecodeError};
use eventkit_tests::message::{content_type, headers, json};
use eventkit_tests::reading::Reading;
use http::{Response, StatusCode};
use serde_json::{Value, json};

fn status(error: &DecodeError) -> u16 {
    Problem::from(error).status().as_u16()
}

#[test]
fn the_status_follows_from_the_error() {
    let refused = |headers: &http::HeaderMap, body: &'static str| {
        status(&decode(headers, body.into()).unwrap_err())
    };

    assert_eq!(refused(&http::HeaderMap::new(), ""), 400);
    assert_eq!(refused(&headers(&[("ce-subject", "")]), ""), 400);
    assert_eq!(
        refused(&content_type("application/cloudevents+json"), "{"),
        400
    );
    assert_eq!(
        refused(
            &content_type("application/cloudevents+json"),
            r#"{"specversion":"0.3"}"#
        ),
        400
    );
    assert_eq!(
        refused(&content_type("application/cloudevents+avro"), ""),
        415
    );

    let event = Json.decode(json(r#""data":"x""#)).unwrap();
    assert_eq!(status(&event.data_as::<u8>().unwrap_err()), 422);
    let other = event.to_builder().ty("u").build().unwrap();
    let error = Reading::<String>::from_event(&other).unwrap_err();
    assert_eq!(status(&error), 422);
}

#[test]
fn the_body_lists_the_violations() {
    let error = decode(&headers(&[("ce-subject", "")]), Bytes::new()).unwrap_err();
    let body: Value = serde_json::from_slice(&Problem::from(&error).to_json()).unwrap();

    assert_eq!(
        body,
        json!({
            "title": "Invalid event",
            "status": 400,
            "detail": "not a valid event: attribute `subject` is \"\", expected a non-empty string (core, subject)",
            "violations": [{
                "attribute": "subject",
                "value": "",
                "expected": "a non-empty string",
                "section": "core, subject",
            }],
        })
    );
}

#[test]
fn a_missing_attribute_has_no_value() {
    let mut headers = headers(&[]);
    headers.remove("ce-source");
    let error = decode(&headers, Bytes::new()).unwrap_err();
    let body: Value = serde_json::from_slice(&Problem::from(&error).to_json()).unwrap();

    assert_eq!(body["violations"][0]["attribute"], "source");
    assert_eq!(body["violations"][0].get("value"), None);
}

#[test]
fn the_detail_includes_the_cause() {
    let error = decode(&content_type("application/cloudevents+json"), "{".into()).unwrap_err();
    let problem = Problem::from(&error);

    assert_eq!(
        problem.detail(),
        "malformed JSON: EOF while parsing an object at line 1 column 1"
    );
    let body: Value = serde_json::from_slice(&problem.to_json()).unwrap();
    assert_eq!(body.get("violations"), None);
}

#[test]
fn a_problem_is_a_response_with_its_media_type() {
    let problem = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "Too large", "over 64 KiB");
    let response: Response<Bytes> = problem.clone().into();

    assert_eq!(response.status(), 413);
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    assert_eq!(*response.body(), problem.to_json());
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(
        body,
        json!({"title": "Too large", "status": 413, "detail": "over 64 KiB"})
    );
}
