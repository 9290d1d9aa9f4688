//! RabbitMQ, and core NATS.

use eventkit::{Event, Registry};
use eventkit_nats::Nats;
use eventkit_rabbitmq::RabbitMq;
use eventkit_tests::{nats, rabbitmq};
use tracing::Instrument;

use super::receiver::{Telemetry, start};
use super::trees::{edges, tree};

static RABBIT: Registry = Registry::new("telemetry-rabbit");

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_goes_through_rabbitmq() {
    let (Some(telemetry), Some(server)) = (Telemetry::shared(), rabbitmq::Server::start()) else {
        return;
    };
    RABBIT.with_name("log").register("t", |_: &Event| {});
    let rabbitmq = RabbitMq::connect(server.url()).exchange("orders");
    let rabbitmq = rabbitmq.open().await.unwrap();
    let service = start(&RABBIT, "rabbit", |service| {
        service.transport(rabbitmq.clone())
    })
    .await;
    let event = Event::builder().id("rabbit-1").source("/tests").ty("t");
    let event = event.build().unwrap();
    let publishing = rabbitmq.publish(&event);
    let publishing = publishing.instrument(tracing::info_span!("sell"));
    publishing.await.unwrap();
    service
        .wait_for(|health| health.counters().succeeded == 1)
        .await;
    service.stop().await;

    let roots = telemetry.spans(1, |span| span.name == "sell").await;
    let spans = telemetry.spans(4, |span| span.trace_id == roots[0].trace_id);
    let spans = spans.await;
    let expected = [
        ("sell", ""),
        ("publish orders", "sell"),
        ("process orders", "publish orders"),
        ("ack orders", "process orders"),
    ];
    assert_eq!(tree(&spans), edges(&expected));
    for span in spans.iter().filter(|span| span.name != "sell") {
        assert_eq!(span.attribute("messaging.system"), "rabbitmq");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn core_nats_is_named_by_its_subjects() {
    let (Some(telemetry), Some(server)) = (Telemetry::shared(), nats::Server::start()) else {
        return;
    };
    let publisher = Nats::connect(server.url()).subject_prefix("core");
    let publisher = publisher.open_core().await.unwrap();
    let event = Event::builder().id("core-1").source("/tests").ty("t");
    publisher.publish(&event.build().unwrap()).await.unwrap();
    let spans = telemetry.spans(1, |span| span.event_id() == "core-1").await;
    assert_eq!(spans[0].name, "publish core.>");
    assert_eq!(spans[0].attribute("messaging.system"), "nats");
}
