//! The messages that other programs see and send.

use std::time::Duration;

use async_nats::HeaderMap;
use eventkit::DecodeErrorKind;
use eventkit::format::{Format, Json};
use eventkit::transport::{Publisher, RawMessage, Transport};
use eventkit_tests::nats::Server;

use super::{event, next, on, plain, subscription};

#[tokio::test]
async fn an_event_is_a_binary_message_on_the_subject_of_its_type() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let event = event("co.é x.*", "a b")
        .subject("s")
        .data_json(&[1])
        .unwrap();
    let published = nats.publish(&event.build().unwrap()).await.unwrap();
    assert_eq!(published.position, Some(1));

    let stream = plain(&server).await.get_stream("events").await.unwrap();
    let message = stream.get_raw_message(1).await.unwrap();
    assert_eq!(message.subject.as_str(), "events.co.%C3%A9%20x.%2A");
    assert_eq!(message.payload, "[1]");
    let header = |name: &str| {
        message
            .headers
            .get(name)
            .map(|value| value.as_str().to_owned())
    };
    assert_eq!(header("ce-id").as_deref(), Some("a%20b"));
    assert_eq!(
        header("ce-datacontenttype").as_deref(),
        Some("application/json")
    );
    assert_eq!(header("Nats-Msg-Id").as_deref(), Some("/s a%20b"));
    assert_eq!(header("Nats-Expected-Stream").as_deref(), Some("events"));
}

#[tokio::test]
async fn a_sender_can_choose_structured_mode() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).structured(Json).open().await.unwrap();
    let sent = event("a", "1").data_text("x").build().unwrap();
    nats.publish(&sent).await.unwrap();

    let stream = plain(&server).await.get_stream("events").await.unwrap();
    let message = stream.get_raw_message(1).await.unwrap();
    let content_type = message.headers.get("Content-Type").unwrap().as_str();
    assert_eq!(content_type, "application/cloudevents+json");
    assert_eq!(Json.decode(message.payload).unwrap(), sent);

    // A receiver that sends in another mode decodes it nevertheless.
    let nats = on(&server).open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("a")).await.unwrap();
    assert_eq!(next(&mut *consumer).await.event.unwrap(), sent);
}

#[tokio::test]
async fn messages_of_other_programs_are_decoded() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("a.*")).await.unwrap();
    let other = plain(&server).await;

    // JSON without headers, as the released binding defines it.
    let json = r#"{"specversion":"1.0","id":"1","source":"/o","type":"a.b","data":7}"#;
    other
        .publish("events.a.b", json.into())
        .await
        .unwrap()
        .await
        .unwrap();
    let event = next(&mut *consumer).await.event.unwrap();
    assert_eq!((event.id(), event.source()), ("1", "/o"));

    // Binary mode with differently spelled headers, in lower and upper case.
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("Ce-Specversion", "1.0"),
        ("Ce-Id", "2"),
        ("CE-Source", "/o"),
        ("ce-type", "\"a.b\""),
    ] {
        headers.insert(name, value);
    }
    let sent = other.publish_with_headers("events.a.b", headers.clone(), "".into());
    sent.await.unwrap().await.unwrap();
    let event = next(&mut *consumer).await.event.unwrap();
    assert_eq!((event.id(), event.ty(), event.data()), ("2", "a.b", None));

    // The subject delivers an event to the subscription, and its own type selects it.
    for (ty, id) in [("other", "3"), ("a.y", "4")] {
        headers.insert("ce-type", ty);
        headers.insert("Ce-Id", id);
        let sent = other.publish_with_headers("events.a.x", headers.clone(), "".into());
        sent.await.unwrap().await.unwrap();
    }
    assert_eq!(next(&mut *consumer).await.event.unwrap().id(), "4");
    let status = nats.subscription_status(&subscription("a.*"));
    assert_eq!(status.warnings.len(), 1);
    assert!(status.warnings[0].contains("`other` (1)"), "{status:?}");
}

#[tokio::test]
async fn a_message_that_is_not_an_event_keeps_all_headers() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("*")).await.unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("ce-specversion", "1.0");
    headers.insert("ce-id", "1");
    headers.append("x-twice", "a");
    headers.append("x-twice", "b");
    headers.insert("Nats-Msg-Id", "other");
    let other = plain(&server).await;
    let sent = other.publish_with_headers("events.a", headers, "body".into());
    sent.await.unwrap().await.unwrap();

    let incoming = next(&mut *consumer).await;
    assert_eq!(incoming.metadata.position, Some(1));
    let undecodable = incoming.event.unwrap_err();
    assert_eq!(undecodable.error.kind(), DecodeErrorKind::Invalid);
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        undecodable.message,
        RawMessage::new(
            vec![
                header("Nats-Msg-Id", "other"),
                header("ce-id", "1"),
                header("ce-specversion", "1.0"),
                header("x-twice", "a"),
                header("x-twice", "b"),
            ],
            "body"
        )
    );
    incoming.handle.terminate().await.unwrap();

    // The forwarded copy is not mistaken for the original message.
    let published = nats.publish_raw("dead", &undecodable.message).await;
    assert!(!published.unwrap().duplicate);
    let incoming = next(&mut *consumer).await;
    let copy = incoming.event.unwrap_err().message;
    assert_eq!(copy.body, "body");
    assert!(copy.headers.contains(&header("x-twice", "b")));
    assert!(!copy.headers.contains(&header("Nats-Msg-Id", "other")));
}

#[tokio::test]
async fn the_server_redelivers_a_message_after_its_delay() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("*")).await.unwrap();
    nats.publish(&event("a", "1").build().unwrap())
        .await
        .unwrap();
    let incoming = next(&mut *consumer).await;
    assert_eq!(incoming.metadata.delivery_count, 1);
    incoming.handle.nack(Duration::from_hours(1)).await.unwrap();

    // It waits on the server without using capacity.
    let stream = plain(&server).await.get_stream("events").await.unwrap();
    let info = stream.consumer_info("handler").await.unwrap();
    assert_eq!((info.num_ack_pending, info.num_pending), (1, 0));
}
