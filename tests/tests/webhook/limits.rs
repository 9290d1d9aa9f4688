//! Requests that are too large or too slow.

use std::time::Duration;

use eventkit::Limits;
use eventkit::event::LimitExceeded;
use eventkit::reqwest::RequestBuilderExt;
use eventkit::transport::{TransportError, TransportErrorKind};
use eventkit_webhook::Endpoint;
use reqwest::Client;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::harness::{Do, detail, event, handler, send, serve, subscription};
use super::script::Script;

const HEAD: &str = "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nce-specversion: 1.0\r\n\
                    ce-id: 1\r\nce-source: /tests\r\nce-type: t\r\ncontent-type: text/plain\r\n";

/// Sends bytes over a new connection, and returns the complete response.
async fn exchange(url: &str, bytes: &str) -> String {
    let address = url
        .trim_start_matches("http://")
        .trim_end_matches("/events");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn an_event_over_the_limits_of_the_target_is_not_sent() {
    let script = Script::new([]);
    let limits = Limits::DEFAULT.body_bytes(10).headers(5).batch_events(1);
    let sender = script.sender().limits(limits).build().unwrap();
    let over = |error: TransportError| {
        assert_eq!(error.kind(), TransportErrorKind::Rejected, "{error}");
        let source = std::error::Error::source(&error).unwrap();
        source.downcast_ref::<LimitExceeded>().unwrap().limit()
    };
    let long = event("1").to_builder().data_text("x".repeat(11));
    let error = sender.publish(&long.build().unwrap()).await.unwrap_err();
    assert_eq!(over(error), "body_bytes");
    let many = event("1").to_builder().extension("a", 1).extension("b", 2);
    let error = sender.publish(&many.build().unwrap()).await.unwrap_err();
    assert_eq!(over(error), "headers");
    let error = sender
        .publish_batch(&[event("1"), event("2")])
        .await
        .unwrap_err();
    assert_eq!(over(error), "batch_events");
    assert_eq!(script.waits(), [0.0; 0]);
}

#[tokio::test]
async fn a_request_over_a_limit_is_a_413() {
    let limits = Limits::DEFAULT.body_bytes(1_000).attributes(6);
    let endpoint = Endpoint::builder().limits(limits).build().unwrap();
    let seen = handler(&endpoint, subscription("s"), |_, _| Do::Ack).await;
    let url = serve(&endpoint).await;
    let client = Client::new();
    let of = |bytes: usize| {
        let event = event("1").to_builder().data_text("x".repeat(bytes));
        client.post(&url).event(&event.build().unwrap()).unwrap()
    };
    let response = send(of(1_001)).await;
    assert_eq!(response.status(), 413);
    assert_eq!(
        detail(&response),
        "the body is larger than the limit of this endpoint"
    );
    let more = event("1").to_builder().extension("a", 1).extension("b", 2);
    let response = send(client.post(&url).event(&more.build().unwrap()).unwrap()).await;
    assert_eq!(response.status(), 413);
    assert!(detail(&response).contains("`attributes`"));
    assert!(seen.all().is_empty());
    assert_eq!(send(of(1_000)).await.status(), 204);

    // A body of unknown length is read up to the limit.
    let chunk = format!("200\r\n{}\r\n", "x".repeat(0x200));
    let endless = format!("{HEAD}transfer-encoding: chunked\r\n\r\n{chunk}{chunk}");
    let answer = exchange(&url, &endless).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_a_408() {
    let endpoint = Endpoint::builder().read_timeout(Duration::from_millis(50));
    let endpoint = endpoint.build().unwrap();
    let seen = handler(&endpoint, subscription("s"), |_, _| Do::Ack).await;
    let url = serve(&endpoint).await;
    let answer = exchange(&url, &format!("{HEAD}content-length: 10\r\n\r\nx")).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("50ms"), "{answer}");
    assert!(seen.all().is_empty());
    // If the headers do not arrive, the connection is closed.
    let answer = exchange(&url, "POST / HTTP/1.1\r\nhost").await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 408 "),
        "{answer}"
    );
}

#[tokio::test]
async fn maximum_settings_mean_no_limit() {
    let endpoint = Endpoint::builder()
        .max_connections(usize::MAX)
        .rate(u32::MAX)
        .dedup_capacity(usize::MAX)
        .dedup_window(Duration::MAX)
        .read_timeout(Duration::MAX)
        .shutdown_timeout(Duration::MAX)
        .retry_after(Duration::MAX)
        .limits(Limits::DEFAULT.body_bytes(usize::MAX))
        .build()
        .unwrap();
    let url = serve(&endpoint).await;
    let request = || Client::new().post(&url).event(&event("1")).unwrap();
    // There is no subscription yet.
    assert_eq!(send(request()).await.status(), 503);
    let endless = |name| {
        let mut subscription = subscription(name);
        subscription.ack_wait = Duration::MAX;
        subscription.max_in_flight = usize::MAX;
        subscription
    };
    handler(&endpoint, endless("acks"), |_, _| Do::Ack).await;
    assert_eq!(send(request()).await.status(), 204);
    let nacks = endless("nacks");
    handler(&endpoint, nacks, |_, _| Do::Nack(Duration::MAX)).await;
    assert_eq!(send(request()).await.status(), 503);
}

#[tokio::test]
async fn connections_over_the_maximum_wait() {
    let endpoint = Endpoint::builder().max_connections(1).build().unwrap();
    handler(&endpoint, subscription("s"), |_, _| Do::Ack).await;
    let url = serve(&endpoint).await;
    let whole = format!("{HEAD}content-length: 1\r\n\r\nx");
    let first = TcpStream::connect(
        url.trim_start_matches("http://")
            .trim_end_matches("/events"),
    );
    let first = first.await.unwrap();
    // Once the first connection has a response, it was accepted.
    let mut first = first;
    let kept = whole.replace("connection: close\r\n", "");
    first.write_all(kept.as_bytes()).await.unwrap();
    let mut start = [0; 12];
    first.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 204");
    let mut second = tokio::spawn(async move { exchange(&url, &whole).await });
    let early = tokio::time::timeout(Duration::from_millis(100), &mut second).await;
    assert!(early.is_err(), "{early:?}");
    drop(first);
    assert!(second.await.unwrap().starts_with("HTTP/1.1 204 "));
}
