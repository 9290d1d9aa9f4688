//! The response to every kind of request, over real connections.

use std::time::Duration;

use eventkit::Event;
use eventkit::format::Json;
use eventkit::reqwest::RequestBuilderExt;
use eventkit_webhook::Endpoint;
use reqwest::Client;

use super::harness::{Do, brief, detail, event, handler, post, request, send, serve, subscription};

#[tokio::test]
async fn an_acknowledged_event_is_a_204_without_a_body_in_every_mode() {
    let endpoint = Endpoint::builder().build().unwrap();
    let seen = handler(&endpoint, subscription("acks"), |_, _| Do::Ack).await;
    handler(&endpoint, subscription("terminates"), |_, _| Do::Terminate).await;
    let url = serve(&endpoint).await;
    let client = Client::new();
    let batch = [event("3"), event("4")];
    for request in [
        client.post(&url).event(&event("1")).unwrap(),
        client
            .post(&url)
            .event_structured(&event("2"), &Json)
            .unwrap(),
        client.post(&url).event_batch(&batch, &Json).unwrap(),
        client.post(&url).event_batch(&[], &Json).unwrap(),
    ] {
        let response = send(request).await;
        assert_eq!(brief(&response), (204, None));
        assert!(response.body().is_empty());
        assert!(!response.headers().contains_key("content-type"));
    }
    let ids: Vec<String> = seen.all().into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["1", "2", "3", "4"]);
}

#[tokio::test]
async fn an_event_that_no_subscription_matches_is_a_204() {
    let endpoint = Endpoint::builder().build().unwrap();
    let seen = handler(&endpoint, subscription("s"), |_, _| Do::Ack).await;
    let url = serve(&endpoint).await;
    let other = event("1").to_builder().ty("other").build().unwrap();
    let response = send(Client::new().post(&url).event(&other).unwrap()).await;
    assert_eq!(brief(&response), (204, None));
    assert!(seen.all().is_empty());
}

#[tokio::test]
async fn an_event_to_be_retried_is_a_503_with_the_rounded_delay() {
    let endpoint = Endpoint::builder().build().unwrap();
    let delay = Duration::from_millis(3_599_001);
    handler(&endpoint, subscription("s"), move |_, _| Do::Nack(delay)).await;
    let url = serve(&endpoint).await;
    let response = send(Client::new().post(&url).event(&event("1")).unwrap()).await;
    let (status, after) = brief(&response);
    assert_eq!(status, 503);
    assert!((1..=3600).contains(&after.unwrap()), "{after:?}");
    assert_eq!(
        detail(&response),
        "1 of 1 deliveries to handlers failed: 1 to be retried"
    );
}

#[tokio::test]
async fn an_event_before_the_first_subscription_is_a_503() {
    let endpoint = Endpoint::builder().retry_after(Duration::from_secs(7));
    let endpoint = endpoint.min_subscriptions(2).build().unwrap();
    let url = serve(&endpoint).await;
    let client = Client::new();
    let sent = || send(client.post(&url).event(&event("1")).unwrap());
    assert_eq!(brief(&sent().await), (503, Some(7)));
    let first = handler(&endpoint, subscription("first"), |_, _| Do::Ack).await;
    assert_eq!(brief(&sent().await), (503, Some(7)));
    let second = handler(&endpoint, subscription("second"), |_, _| Do::Ack).await;
    assert_eq!(brief(&sent().await), (204, None));
    assert_eq!((first.attempts(), second.attempts()), (vec![1], vec![1]));
    endpoint.close();
    let response = sent().await;
    assert_eq!(brief(&response), (503, Some(7)));
    assert_eq!(detail(&response), "the endpoint is not accepting events");
}

#[tokio::test]
async fn a_message_that_is_not_an_event_never_reaches_a_handler() {
    let endpoint = Endpoint::builder().build().unwrap();
    let seen = handler(&endpoint, subscription("s"), |_, _| Do::Ack).await;
    let url = serve(&endpoint).await;
    let client = Client::new();
    let typed = |content_type: &str, body: &'static str| {
        let request = client.post(&url).header("content-type", content_type);
        request.body(body)
    };
    let structured = "application/cloudevents+json";
    for (request, status, says) in [
        (typed(structured, "{"), 400, "JSON"),
        (typed(structured, "7"), 400, ""),
        (
            typed(structured, r#"{"specversion":"1.0","id":"1"}"#),
            400,
            "`source`",
        ),
        (
            typed("text/plain", "x").header("ce-specversion", "1.0"),
            400,
            "`id`",
        ),
        (
            typed("text/plain", "x").header("ce-specversion", "0.3"),
            400,
            "0.3",
        ),
        (
            typed("application/cloudevents-batch+json", r#"[{"id":"1"}]"#),
            400,
            "",
        ),
        (typed("application/cloudevents+avro", "x"), 415, "avro"),
        (typed("application/cloudevents-batch+xml", "x"), 415, "xml"),
        (
            client
                .post(&url)
                .event(&event("1"))
                .unwrap()
                .header("content-encoding", "gzip"),
            415,
            "`Content-Encoding: gzip`",
        ),
        (
            typed("application/json", r#"{"id":"1"}"#),
            415,
            "CloudEvents",
        ),
        (client.post(&url), 415, "CloudEvents"),
    ] {
        let response = send(request).await;
        assert_eq!(response.status(), status, "{response:?}");
        assert!(detail(&response).contains(says), "{response:?}");
    }
    assert!(seen.all().is_empty());
}

#[tokio::test]
async fn other_methods_are_a_405_with_the_allowed_ones() {
    let plain = Endpoint::builder().build().unwrap();
    let url = serve(&plain).await;
    let client = Client::new();
    for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"] {
        let response = send(client.request(method.parse().unwrap(), &url)).await;
        assert_eq!(response.status(), 405);
        assert_eq!(response.headers()["allow"], "POST");
        assert!(detail(&response).contains(method));
    }
    let allowing = Endpoint::builder().allow_any_origin().build().unwrap();
    let response = send(client.put(serve(&allowing).await)).await;
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "POST, OPTIONS");
}

#[tokio::test(start_paused = true)]
async fn the_worst_outcome_and_the_longest_delay_decide() {
    let endpoint = Endpoint::builder().build().unwrap();
    handler(&endpoint, subscription("a"), |_, _| Do::Ack).await;
    handler(&endpoint, subscription("b"), |_, _| {
        Do::Nack(Duration::from_secs(5))
    })
    .await;
    handler(&endpoint, subscription("c"), |_, _| {
        Do::Nack(Duration::from_mins(1))
    })
    .await;
    let mut full = subscription("d");
    full.max_in_flight = 1;
    handler(&endpoint, full, |_, _| Do::Hold).await;
    let held = tokio::spawn(post(&endpoint, &event("0")));
    tokio::task::yield_now().await;
    let response = endpoint.respond(request(&event("1"))).await;
    assert_eq!(brief(&response), (503, Some(60)));
    assert_eq!(
        detail(&response),
        "3 of 4 deliveries to handlers failed: 2 to be retried, 1 with too many events in flight"
    );
    held.abort();
}

#[tokio::test(start_paused = true)]
async fn a_subscription_without_capacity_is_a_429() {
    let endpoint = Endpoint::builder().retry_after(Duration::from_secs(3));
    let endpoint = endpoint.build().unwrap();
    let mut small = subscription("s");
    small.max_in_flight = 2;
    let seen = handler(&endpoint, small, |_, _| Do::Hold).await;
    let posts = ["0", "1", "2", "3"].map(|id| tokio::spawn(post(&endpoint, &event(id))));
    let mut answers = Vec::new();
    for post in posts {
        answers.push(post.await.unwrap());
    }
    // The first two messages were not settled for 30 seconds.
    let full = (429, Some(3));
    assert_eq!(answers, [(503, Some(0)), (503, Some(0)), full, full]);
    assert_eq!(seen.all(), [("0".to_owned(), 1), ("1".to_owned(), 1)]);
}

#[tokio::test]
async fn an_event_without_data_is_accepted() {
    let endpoint = Endpoint::builder().build().unwrap();
    let seen = handler(&endpoint, subscription("s"), |_, _| Do::Ack).await;
    let url = serve(&endpoint).await;
    let bare = Event::builder()
        .source("/s")
        .ty("t")
        .id("1")
        .build()
        .unwrap();
    let response = send(Client::new().post(&url).event(&bare).unwrap()).await;
    assert_eq!(response.status(), 204);
    assert_eq!(seen.attempts(), [1]);
}
