//! Requests that the servers accept, and their responses.

use eventkit::reqwest::RequestBuilderExt;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use super::{LIMIT, event, on_each_server};

on_each_server! {
    a_malformed_request_is_answered_with_a_problem
    a_body_with_a_content_encoding_is_a_415
    a_response_that_cannot_be_encoded_is_a_500
    a_failed_dispatch_is_answered_with_a_problem
}

/// Returns the status and the problem in the response to a request.
async fn json(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let status = answer.status().as_u16();
    let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!(body["status"], status);
    (status, body)
}

async fn a_malformed_request_is_answered_with_a_problem(url: String) {
    let client = Client::new();

    let (status, body) = json(client.post(format!("{url}/echo")).body("{}")).await;
    assert_eq!(
        (status, &body["title"]),
        (400, &"Not a CloudEvents message".into())
    );

    let without_id = client
        .post(format!("{url}/next"))
        .header("ce-specversion", "1.0")
        .header("ce-type", "t");
    let (status, body) = json(without_id).await;
    assert_eq!(
        (status, &body["violations"][0]["attribute"]),
        (400, &"id".into())
    );

    let misfit = event()
        .to_builder()
        .data_json(&["no beat"])
        .unwrap()
        .build()
        .unwrap();
    let (status, body) = json(client.post(format!("{url}/next")).event(&misfit).unwrap()).await;
    assert_eq!((status, &body["title"]), (422, &"Invalid data".into()));

    let other = event().to_builder().ty("co.outcome.other").build().unwrap();
    let (status, _) = json(client.post(format!("{url}/next")).event(&other).unwrap()).await;
    assert_eq!(status, 422);

    let large = event()
        .to_builder()
        .data_content_type("text/plain")
        .data_text("x".repeat(LIMIT + 1));
    let large = large.build().unwrap();
    let (status, body) = json(client.post(format!("{url}/echo")).event(&large).unwrap()).await;
    assert_eq!((status, &body["title"]), (413, &"Body too large".into()));

    let avro = client
        .post(format!("{url}/batch"))
        .header("content-type", "application/cloudevents-batch+avro");
    let (status, _) = json(avro).await;
    assert_eq!(status, 415);
}

async fn a_body_with_a_content_encoding_is_a_415(url: String) {
    for route in ["echo", "batch", "next"] {
        let request = Client::new()
            .post(format!("{url}/{route}"))
            .event(&event())
            .unwrap()
            .header("content-encoding", "gzip");
        let (status, body) = json(request).await;
        assert_eq!(status, 415);
        assert_eq!(
            body["detail"],
            "the body has the header `Content-Encoding: gzip`: decode the body first"
        );
    }
}

async fn a_response_that_cannot_be_encoded_is_a_500(url: String) {
    let answer = Client::new()
        .get(format!("{url}/sourceless"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status().as_u16(), 500);
    let body = String::from_utf8(answer.bytes().await.unwrap().to_vec()).unwrap();
    assert!(body.contains("attribute `source` is missing"), "{body}");
}

async fn a_failed_dispatch_is_answered_with_a_problem(url: String) {
    let url = format!("{url}/dispatch");
    let client = Client::new();
    let with = |data: &Value| {
        let event = event().to_builder().data_json(data).unwrap();
        client.post(&url).event(&event.build().unwrap()).unwrap()
    };

    let answer = with(&serde_json::json!({"count": 1})).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let (status, body) = json(with(&serde_json::json!({"count": 0}))).await;
    assert_eq!((status, &body["title"]), (500, &"Handlers failed".into()));
    // The error of a handler may be confidential.
    assert_eq!(body["detail"], "the event could not be handled");
    let (status, body) = json(with(&serde_json::json!({"count": "one"}))).await;
    assert_eq!((status, &body["title"]), (422, &"Invalid data".into()));
}
