//! Confirmations and errors of publishing.

use std::time::Duration;

use eventkit::Limits;
use eventkit::event::LimitExceeded;
use eventkit::transport::{Publisher, RawMessage, Transport, TransportError, TransportErrorKind};
use eventkit_tests::nats::Server;

use super::{assert_says, event, next, on, plain, subscription};

use TransportErrorKind::{Configuration, Rejected, Unavailable};

#[tokio::test]
async fn duplicates_are_detected_within_the_window() {
    let Some(server) = Server::start() else {
        return;
    };
    let window = Duration::from_millis(500);
    let nats = on(&server).duplicate_window(window).open().await.unwrap();
    let event = event("a", "1").build().unwrap();
    let first = nats.publish(&event).await.unwrap();
    let second = nats.publish(&event).await.unwrap();
    assert_eq!((first.duplicate, second.duplicate), (false, true));
    assert_eq!(first.position, second.position);

    // The server forgets ids some time after the window.
    let forgotten = tokio::time::timeout(super::PATIENCE, async {
        loop {
            tokio::time::sleep(window).await;
            let published = nats.publish(&event).await.unwrap();
            if !published.duplicate {
                return published;
            }
        }
    });
    let again = forgotten.await.expect("the window should end");
    assert_eq!(again.position, Some(2));
}

#[tokio::test]
async fn events_that_a_consumer_would_refuse_are_rejected() {
    let Some(server) = Server::start() else {
        return;
    };
    let limits = Limits::DEFAULT
        .json_depth(2)
        .attribute_bytes(30)
        .body_bytes(9);
    let nats = on(&server).limits(limits).open().await.unwrap();
    let over = |error: TransportError| {
        assert_eq!(error.kind(), Rejected, "{error}");
        let source = std::error::Error::source(&error).unwrap();
        source.downcast_ref::<LimitExceeded>().unwrap().limit()
    };
    let deep = event("a", "1")
        .data_json(&[[[1]]])
        .unwrap()
        .build()
        .unwrap();
    assert_eq!(over(nats.publish(&deep).await.unwrap_err()), "json_depth");
    let long = event("a", "1").subject("s".repeat(31)).build().unwrap();
    assert_eq!(
        over(nats.publish(&long).await.unwrap_err()),
        "attribute_bytes"
    );
    let large = event("a", "1").data_text("1234567890").build().unwrap();
    assert_eq!(over(nats.publish(&large).await.unwrap_err()), "body_bytes");
    let right = event("a", "1").data_json(&[[1]]).unwrap().build().unwrap();
    assert_eq!(nats.publish(&right).await.unwrap().position, Some(1));
}

#[tokio::test]
async fn a_duplicate_is_detected_after_a_restart_of_the_server() {
    let Some(mut server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let event = event("a", "1").build().unwrap();
    nats.publish(&event).await.unwrap();
    server.kill();
    server.restart();
    let nats = on(&server).open().await.unwrap();
    assert!(nats.publish(&event).await.unwrap().duplicate);
}

#[tokio::test]
async fn messages_that_can_never_be_sent_are_rejected_without_side_effects() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let large = event("a", "1")
        .data_bytes(vec![0; 1_048_577])
        .build()
        .unwrap();
    let error = nats.publish(&large).await.unwrap_err();
    assert_says(&error, Rejected, &["publish a 1 from /s", "1048576"]);

    // The server would close the connection because of such a long protocol line.
    let long = event(&"a".repeat(5_000), "1").build().unwrap();
    let error = nats.publish(&long).await.unwrap_err();
    assert_says(&error, Rejected, &["subject is longer than 2048 bytes"]);

    for (name, value) in [("a:b", "c"), ("a b", "c"), ("a", "b\r\nc: d"), ("", "a")] {
        let headers = vec![(name.to_owned(), value.to_owned())];
        let message = RawMessage::new(headers, "");
        let error = nats.publish_raw("a", &message).await.unwrap_err();
        assert_says(&error, Rejected, &["a header"]);
    }
    nats.publish(&event("a", "1").build().unwrap())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_message_that_the_stream_rejects_is_rejected() {
    let Some(server) = Server::start() else {
        return;
    };
    let config = async_nats::jetstream::stream::Config {
        name: "events".to_owned(),
        subjects: vec!["events.>".to_owned()],
        max_message_size: 1_000,
        ..Default::default()
    };
    plain(&server).await.create_stream(config).await.unwrap();
    let nats = on(&server).open().await.unwrap();
    let large = event("a", "1").data_bytes(vec![0; 2_000]).build().unwrap();
    let error = nats.publish(&large).await.unwrap_err();
    assert_says(&error, Rejected, &["message size exceeds maximum allowed"]);
}

#[tokio::test]
async fn a_full_stream_rejects_messages_and_loses_none() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).max_bytes(10_000).open().await.unwrap();
    let mut stored = 0;
    let error = loop {
        let event = event("a", &stored.to_string()).data_bytes(vec![0; 500]);
        match nats.publish(&event.build().unwrap()).await {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 100, "the limit should apply");
    };
    assert_says(&error, Unavailable, &["maximum bytes exceeded"]);
    let mut consumer = nats.subscribe(&subscription("a")).await.unwrap();
    for number in 0..stored {
        let incoming = next(&mut *consumer).await;
        assert_eq!(incoming.event.unwrap().id(), number.to_string());
        incoming.handle.ack().await.unwrap();
    }
}

#[tokio::test]
async fn publishing_times_out_without_a_response() {
    let Some(mut server) = Server::start() else {
        return;
    };
    let nats = on(&server)
        .timeout(Duration::from_millis(300))
        .open()
        .await
        .unwrap();
    let event = event("a", "1").build().unwrap();
    server.freeze();
    let error = nats.publish(&event).await.unwrap_err();
    assert_says(
        &error,
        Unavailable,
        &["publish a 1 from /s", "within 300ms"],
    );
    server.thaw();
    server.kill();
    // This holds for any number of publishers that wait for a connection.
    for _ in 0..3 {
        let error = nats.publish(&event).await.unwrap_err();
        assert_says(&error, Unavailable, &["publish a 1 from /s"]);
    }
}

#[tokio::test]
async fn publishing_to_a_deleted_stream_is_an_error() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    plain(&server).await.delete_stream("events").await.unwrap();
    let sent = event("a", "1").build().unwrap();
    let error = nats.publish(&sent).await.unwrap_err();
    assert_says(&error, Unavailable, &["no responders"]);

    // The stream is not recreated silently. A process that starts creates it.
    let error = nats.subscribe(&subscription("a")).await.unwrap_err();
    assert_says(&error, Configuration, &["the stream `events` was deleted"]);
    let nats = on(&server).open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("a")).await.unwrap();
    nats.publish(&sent).await.unwrap();
    assert_eq!(next(&mut *consumer).await.event.unwrap(), sent);
}
