//! Publishing on core NATS.

use std::future::poll_fn;
use std::pin::Pin;

use async_nats::{Message, Subscriber};
use eventkit::transport::{Publisher, RawMessage, TransportErrorKind};
use eventkit_nats::binding;
use eventkit_tests::nats::Server;
use futures_core::Stream;
use tokio::time::timeout;

use super::{PATIENCE, assert_says, event, on, plain};

use TransportErrorKind::{Configuration, Rejected, Unavailable};

async fn subscribe(server: &Server, subject: &str) -> Subscriber {
    let client = async_nats::connect(server.url()).await.unwrap();
    let subscriber = client.subscribe(subject.to_owned()).await.unwrap();
    client.flush().await.unwrap();
    subscriber
}

async fn received(subscriber: &mut Subscriber) -> Message {
    let next = poll_fn(|context| Pin::new(&mut *subscriber).poll_next(context));
    let next = timeout(PATIENCE, next).await;
    next.expect("a message should arrive in time").unwrap()
}

#[tokio::test]
async fn an_event_reaches_subscribers_without_a_stream() {
    let Some(server) = Server::start() else {
        return;
    };
    let mut subscriber = subscribe(&server, "telemetry.>").await;
    let core = on(&server).subject("telemetry.{subject}.{type}");
    let core = core.open_core().await.unwrap();
    let sent = event("t.a", "1").subject("7").extension("n", 1);
    let sent = sent.data_text("hot").build().unwrap();
    for _ in 0..2 {
        let published = core.publish(&sent).await.unwrap();
        assert_eq!((published.position, published.duplicate), (None, false));
        let received = received(&mut subscriber).await;
        assert_eq!(received.subject.as_str(), "telemetry.7.t.a");
        let headers = received.headers.unwrap();
        let pairs: Vec<(String, String)> = headers
            .iter()
            .flat_map(|(name, values)| values.iter().map(move |value| (name, value)))
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect();
        assert_eq!(binding::decode(&pairs, received.payload).unwrap(), sent);
    }
    assert!(plain(&server).await.get_stream("events").await.is_err());
}

#[tokio::test]
async fn events_that_core_nats_cannot_send_are_rejected() {
    let Some(mut server) = Server::start() else {
        return;
    };
    let core = on(&server)
        .subject("a.{subject}")
        .open_core()
        .await
        .unwrap();
    let bare = event("t", "1").build().unwrap();
    let error = core.publish(&bare).await.unwrap_err();
    assert_says(&error, Rejected, &["no attribute `subject`"]);
    let large = event("t", "1").subject("s").data_bytes(vec![0; 1_048_577]);
    let error = core.publish(&large.build().unwrap()).await.unwrap_err();
    assert_says(&error, Rejected, &["publish t 1 from /s"]);
    let letter = RawMessage::new(Vec::new(), "letter");
    let error = core.publish_raw("eventkit.deadletter.s", &letter).await;
    assert_says(&error.unwrap_err(), Configuration, &["need JetStream"]);

    // Without a server, there is no confirmation.
    let sound = event("t", "1").subject("s").build().unwrap();
    core.publish(&sound).await.unwrap();
    server.kill();
    let error = core.publish(&sound).await.unwrap_err();
    assert_says(&error, Unavailable, &["publish t 1 from /s"]);
    server.restart();
    let published = timeout(PATIENCE, async {
        while core.publish(&sound).await.is_err() {}
    });
    published.await.expect("the client should reconnect");
}
