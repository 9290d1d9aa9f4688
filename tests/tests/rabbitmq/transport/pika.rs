//! Events to and from pika, a client of RabbitMQ in Python, whose messages are made by hand.
//!
//! `EVENTKIT_INTEROP=off` skips these tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use eventkit::event::Timestamp;
use eventkit::format::Json;
use eventkit::transport::{Subscription, Transport};
use eventkit_rabbitmq::RabbitMq;
use eventkit_tests::interop;
use serde_json::{Value, json};

use super::{event, next, subscribe};
use crate::node::Node;

const TYPE: &str = "co.outcome.order.placed";

/// Runs the client, and returns the lines that it prints; `None` where Python is turned off.
async fn run(url: String, exchange: String, arguments: Vec<String>) -> Option<Vec<Value>> {
    let python = interop::python()?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/sdks/python/rabbitmq.py");
    let run = move || {
        let mut command = Command::new::<PathBuf>(python);
        let command = command.arg(script).args([url, exchange]).args(arguments);
        let output = command.output().expect("python starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        let lines = String::from_utf8(output.stdout).expect("text");
        let lines = lines.lines().map(serde_json::from_str);
        lines.map(|line| line.expect("JSON")).collect()
    };
    let ran = tokio::task::spawn_blocking(run).await;
    Some(ran.expect("it runs"))
}

#[tokio::test]
async fn events_of_pika_are_received_in_every_form() {
    let node = Node::shared();
    let Some((builder, exchange)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let mut consumer = subscribe(&rabbitmq, &Subscription::new("s", [TYPE])).await;
    let url = node.url().unwrap();
    if run(url, exchange, vec!["send".to_owned()]).await.is_none() {
        return;
    }
    for id in ["colon", "underscore", "structured"] {
        let incoming = next(&mut *consumer).await;
        let event = incoming.event.as_ref().unwrap();
        assert_eq!(
            (event.id(), event.source(), event.ty()),
            (id, "/pika", TYPE)
        );
        assert_eq!(event.subject(), Some("é %41"));
        assert_eq!(event.time().unwrap().to_string(), "2026-01-31T09:30:00Z");
        assert_eq!(event.extension("attempt").unwrap().to_text(), "7");
        assert_eq!(event.extension("flag").unwrap().to_text(), "true");
        assert_eq!(event.data_content_type(), Some("application/json"));
        assert_eq!(event.data_as::<Value>().unwrap(), json!({"total": 1250}));
        incoming.handle.ack().await.unwrap();
    }
}

#[tokio::test]
async fn events_with_properties_that_a_client_cannot_read_are_received() {
    let node = Node::shared();
    let Some((builder, exchange)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let mut consumer = subscribe(&rabbitmq, &Subscription::new("s", ["co.outcome.order.*"])).await;
    let url = node.url().unwrap();
    let sent = run(url, exchange, vec!["disturb".to_owned()]).await;
    if sent.is_none() {
        return;
    }
    for id in ["colon", "colon", "underscore", "underscore"] {
        let incoming = next(&mut *consumer).await;
        // The connection was not lost.
        assert_eq!(incoming.metadata.delivery_count, 1);
        assert_eq!(super::id(&incoming), id);
        incoming.handle.ack().await.unwrap();
    }
}

#[tokio::test]
async fn events_are_received_by_pika_with_their_types() {
    let node = Node::shared();
    let Some((builder, exchange)) = node.exchange() else {
        return;
    };
    let url = node.url().unwrap();
    let rabbitmq = builder.open().await.unwrap();
    let structured = RabbitMq::connect(&url).exchange(&exchange).structured(Json);
    let structured = structured.open().await.unwrap();
    // Pika takes the messages of the queue.
    let subscription = Subscription::new("s", [TYPE]);
    subscribe(&rabbitmq, &subscription)
        .await
        .close()
        .await
        .unwrap();
    let sent = event(TYPE, "1").extension("n", 7).extension("flag", true);
    let sent = sent.time("2026-01-31T09:30:00+01:00".parse::<Timestamp>().unwrap());
    let sent = sent
        .data_json(&json!({"total": 1250}))
        .unwrap()
        .build()
        .unwrap();
    rabbitmq.publish(&sent).await.unwrap();
    structured.publish(&sent).await.unwrap();

    let queue = format!("{exchange}.s");
    let arguments = vec!["receive".to_owned(), queue, "2".to_owned()];
    let Some(received) = run(url, exchange, arguments).await else {
        return;
    };
    let headers = json!({
        "cloudEvents_specversion": ["str", "1.0"],
        "cloudEvents_id": ["str", "1"],
        "cloudEvents_source": ["str", "/tests"],
        "cloudEvents_type": ["str", TYPE],
        "cloudEvents_time": ["str", "2026-01-31T09:30:00+01:00"],
        "cloudEvents_n": ["long", 7],
        "cloudEvents_flag": ["bool", true],
    });
    assert_eq!(received[0]["headers"], headers);
    assert_eq!(received[0]["content_type"], "application/json");
    assert_eq!(received[0]["body"], r#"{"total":1250}"#);
    assert_eq!(received[1]["headers"], json!({}));
    assert_eq!(received[1]["content_type"], "application/cloudevents+json");
    let body: Value = serde_json::from_str(received[1]["body"].as_str().unwrap()).unwrap();
    assert_eq!((&body["id"], &body["n"]), (&json!("1"), &json!(7)));
    let listed = rabbitmq.subscriptions().await.unwrap().unwrap();
    assert_eq!(listed[0].unsettled, 0);
}
