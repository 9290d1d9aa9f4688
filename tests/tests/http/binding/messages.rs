//! Conversion of messages into requests and responses.

use bytes::Bytes;
use eventkit::binding::http::encode_binary;
use eventkit::{DecodeErrorKind, Event};
use eventkit_tests::message::minimal;
use eventkit_tests::refusal::assert_refused;
use http::{HeaderValue, Request, Response, StatusCode};

fn event() -> Event {
    minimal().data_text("hi").build().unwrap()
}

#[test]
fn a_request_keeps_the_headers_of_its_builder() {
    let builder = Request::put("https://example.com/sink")
        .header("authorization", "secret")
        .header("content-type", "image/png")
        .header("ce-id", "other");
    let request = encode_binary(&event()).unwrap().request(builder).unwrap();

    assert_eq!(request.method(), "PUT");
    assert_eq!(request.uri(), "https://example.com/sink");
    assert_eq!(request.headers()["authorization"], "secret");
    assert_eq!(request.headers().get_all("content-type").iter().count(), 1);
    assert_eq!(request.headers().get_all("ce-id").iter().count(), 1);
    assert_eq!(Event::try_from(request).unwrap(), event());
}

#[test]
fn a_response_keeps_the_headers_of_its_builder() {
    let builder = Response::builder().status(202).header("retry-after", "1");
    let response = encode_binary(&event()).unwrap().response(builder).unwrap();

    assert_eq!(response.status(), StatusCode::ACCEPTED);
    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!(Event::try_from(response).unwrap(), event());
}

#[test]
fn duplicate_headers_are_kept() {
    let mut message = encode_binary(&event()).unwrap();
    for value in ["a", "b"] {
        message
            .headers
            .append("ce-x", HeaderValue::from_static(value));
    }
    let builder = Request::post("/").header("ce-x", "c");
    let request = message.clone().request(builder).unwrap();
    let builder = Response::builder().header("ce-x", "c");
    let response = message.response(builder).unwrap();
    for headers in [request.headers(), response.headers()] {
        assert_eq!(
            headers.get_all("ce-x").iter().collect::<Vec<_>>(),
            ["a", "b"]
        );
    }
}

#[test]
fn an_invalid_builder_is_an_error() {
    let builder = Request::get("not a uri");
    assert!(encode_binary(&event()).unwrap().request(builder).is_err());

    let builder = Response::builder().header("a b", "c");
    assert!(encode_binary(&event()).unwrap().response(builder).is_err());
}

#[test]
fn every_type_of_body_is_decoded() {
    let (parts, body) = encode_binary(&event())
        .unwrap()
        .request(Request::post("/"))
        .unwrap()
        .into_parts();

    let vector = Request::from_parts(parts.clone(), body.to_vec());
    assert_eq!(Event::try_from(vector).unwrap(), event());
    let text = Request::from_parts(parts, "hi");
    assert_eq!(Event::try_from(text).unwrap(), event());
}

#[test]
fn a_message_that_is_not_an_event_is_refused() {
    assert_refused(
        Event::try_from(Request::new(Bytes::new())),
        DecodeErrorKind::NotAnEvent,
    );
    assert_refused(
        Event::try_from(Response::new(Bytes::new())),
        DecodeErrorKind::NotAnEvent,
    );
}
