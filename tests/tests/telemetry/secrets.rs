//! What must not be in telemetry.

use std::fmt::Write;

use eventkit::{Event, Policy, Registry};
use eventkit_nats::Nats;
use eventkit_service::memory::Memory;
use eventkit_tests::nats::Server;
use eventkit_webhook::Sender;

use super::receiver::{Telemetry, start};

static SECRETS: Registry = Registry::new("telemetry-secrets");

#[tokio::test(flavor = "multi_thread")]
async fn neither_credentials_nor_data_are_in_spans() {
    let (Some(telemetry), Some(server)) = (
        Telemetry::shared(),
        Server::start_with(&["--user", "shop", "--pass", "hush-nats"]),
    ) else {
        return;
    };
    let url = server.url().replace("://", "://shop:hush-nats@");
    let nats = Nats::connect(url).stream("secrets").open().await.unwrap();
    SECRETS
        .with_name("fail")
        .policy(Policy::new().attempts(1))
        .register("t", |_: &Event| Err::<(), _>("no printer"));
    let service = start(&SECRETS, "secrets", |service| {
        service
            .transport(nats.clone())
            .dead_letter_publisher(Memory::new())
    });
    let service = service.await;
    let event = Event::builder().id("secret-1").source("/tests").ty("t");
    let event = event.data_text("hush-data").build().unwrap();
    nats.publish(&event).await.unwrap();
    let target = "http://127.0.0.1:9/hooks?access_token=hush-query";
    let sender = Sender::to(target).attempts(1).build().unwrap();
    sender.publish(&event).await.unwrap_err();
    let sender = Sender::to("http://127.0.0.1:9/hooks").token("hush-token");
    let sender = sender.attempts(1).build().unwrap();
    sender.publish(&event).await.unwrap_err();
    service
        .wait_for(|health| health.counters().dead_lettered == 1)
        .await;
    service.stop().await;

    let spans = telemetry.spans(4, |span| {
        span.event_id() == "secret-1" && span.operation() != "receive"
    });
    let spans = spans.await;
    let mut text = String::new();
    write!(text, "{spans:?}").unwrap();
    assert!(text.contains("publish http://127.0.0.1:9/hooks"), "{text}");
    assert!(!text.contains("hush"), "{text}");
    let points = telemetry.points(|_| true).await;
    assert!(!points.is_empty());
    assert!(!format!("{points:?}").contains("hush"));
}
