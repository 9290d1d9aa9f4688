//! Traces from one program to the next.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use eventkit::reqwest::RequestBuilderExt;
use eventkit::transport::telemetry;
use eventkit::{CloudEvent, Event, Outgoing, Registry, handles};
use eventkit_nats::Nats;
use eventkit_tests::nats::Server;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tracing::Instrument;

use super::receiver::{Span, Telemetry, start};

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
pub(crate) struct OrderPlaced {
    pub(crate) order_id: String,
}

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.charged", source = "/shop")]
pub(crate) struct OrderCharged {
    pub(crate) order_id: String,
}

static SHOP: Registry = Registry::new("telemetry-shop");

#[handles(registry = SHOP, name = "charge")]
async fn charge(
    order: &OrderPlaced,
    outgoing: Outgoing<OrderCharged>,
) -> Result<(), eventkit::BoxError> {
    let order_id = order.order_id.clone();
    outgoing.send(&OrderCharged { order_id })?;
    Ok(())
}

// A sync handler, which runs on another thread.
#[handles(registry = SHOP, name = "ship")]
fn ship(_: &OrderCharged) {
    tracing::info_span!("print the label").in_scope(|| {});
}

/// Receives events over HTTP, and publishes them.
async fn receive(State(nats): State<Nats>, event: Event) -> StatusCode {
    let span = tracing::info_span!("POST /orders", otel.kind = "server");
    telemetry::set_parent(&span, &event);
    match nats.publish(&event).instrument(span).await {
        Ok(_) => StatusCode::ACCEPTED,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

pub(crate) async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await });
    url
}

/// Returns the name of each span with that of its parent, and asserts that they are one tree.
pub(crate) fn tree(spans: &[Span]) -> BTreeSet<(String, String)> {
    let traces: BTreeSet<&str> = spans.iter().map(|span| &*span.trace_id).collect();
    assert_eq!(traces.len(), 1, "{spans:#?}");
    let by_id: BTreeMap<&str, &Span> = spans.iter().map(|span| (&*span.id, span)).collect();
    let edges = spans.iter().map(|span| {
        let parent = match &*span.parent_id {
            "" => "",
            id => {
                &by_id
                    .get(id)
                    .unwrap_or_else(|| panic!("no {id}: {spans:#?}"))
                    .name
            }
        };
        (span.name.clone(), parent.to_owned())
    });
    edges.collect()
}

pub(crate) fn edges(edges: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    let edges = edges.iter();
    edges
        .map(|(span, parent)| ((*span).to_owned(), (*parent).to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_goes_through_http_nats_and_two_handlers() {
    let (Some(telemetry), Some(server)) = (Telemetry::shared(), Server::start()) else {
        return;
    };
    let nats = Nats::connect(server.url())
        .stream("orders")
        .open()
        .await
        .unwrap();
    let service = start(&SHOP, "tree", |service| service.transport(nats.clone())).await;
    let url = serve(
        Router::new()
            .route("/orders", post(receive))
            .with_state(nats),
    )
    .await;

    let client = reqwest::Client::new();
    let order = OrderPlaced {
        order_id: "A-1".into(),
    };
    let response = async {
        let request = client.post(format!("{url}/orders")).event(&order).unwrap();
        request.send().await.unwrap()
    };
    let response = response.instrument(tracing::info_span!("checkout")).await;
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let health = service
        .wait_for(|health| health.counters().succeeded == 2)
        .await;
    assert_eq!(health.counters().received, 2);
    service.stop().await;

    let roots = telemetry.spans(1, |span| span.name == "checkout").await;
    let trace = &roots[0].trace_id;
    let spans = telemetry.spans(9, |span| span.trace_id == *trace).await;
    assert_eq!(spans.len(), 9, "{spans:#?}");
    let expected = [
        ("checkout", ""),
        ("POST /orders", "checkout"),
        ("publish orders", "POST /orders"),
        ("process orders", "checkout"),
        ("publish orders", "process orders"),
        ("ack orders", "process orders"),
        ("process orders", "process orders"),
        ("print the label", "process orders"),
    ];
    assert_eq!(tree(&spans), edges(&expected));

    // Waiting for a message belongs to no trace, but knows those of the messages.
    let received = telemetry.spans(2, |span| {
        span.name == "receive orders" && span.links.iter().any(|link| link.trace_id == *trace)
    });
    for receive in received.await {
        assert_ne!(receive.trace_id, *trace);
        let sender = spans.iter().find(|span| span.id == receive.links[0].id);
        assert!(matches!(
            &*sender.unwrap().name,
            "checkout" | "process orders"
        ));
        assert_eq!(receive.kind, "SPAN_KIND_CLIENT");
    }
}

static FIELDS: Registry = Registry::new("telemetry-fields");

#[tokio::test(flavor = "multi_thread")]
async fn the_fields_are_those_of_the_semantic_conventions() {
    let Some(telemetry) = Telemetry::shared() else {
        return;
    };
    FIELDS.with_name("log").register("t", |_: &Event| {});
    let memory = eventkit_service::memory::Memory::new();
    let service = start(&FIELDS, "fields", |service| {
        service.transport(memory.clone())
    })
    .await;
    let event = Event::builder()
        .id("fields-1")
        .source("/tests")
        .ty("t")
        .subject("s");
    memory.publish(&event.build().unwrap()).await.unwrap();
    service
        .wait_for(|health| health.counters().succeeded == 1)
        .await;
    service.stop().await;

    let spans = telemetry
        .spans(3, |span| span.event_id() == "fields-1")
        .await;
    let expected = [
        ("publish memory", "SPAN_KIND_PRODUCER", "publish", "send"),
        ("process memory", "SPAN_KIND_CONSUMER", "process", "process"),
        ("receive memory", "SPAN_KIND_CLIENT", "receive", "receive"),
    ];
    assert_eq!(spans.len(), expected.len(), "{spans:#?}");
    for (name, kind, operation, operation_type) in expected {
        let span = spans.iter().find(|span| span.name == name).unwrap();
        assert_eq!(span.kind, kind);
        let mut fields = vec![
            ("messaging.operation.name", operation),
            ("messaging.operation.type", operation_type),
            ("messaging.system", "memory"),
            ("messaging.destination.name", "memory"),
            ("messaging.message.id", "fields-1"),
            ("cloudevents.event_id", "fields-1"),
            ("cloudevents.event_source", "/tests"),
            ("cloudevents.event_spec_version", "1.0"),
            ("cloudevents.event_type", "t"),
            ("cloudevents.event_subject", "s"),
        ];
        if operation != "publish" {
            fields.push(("messaging.consumer.group.name", "fields--log"));
        }
        if operation == "process" {
            fields.push(("eventkit.outcome", "succeeded"));
        }
        for (field, value) in fields {
            assert_eq!(span.attribute(field), value, "{field} of {name}");
        }
        assert_eq!(span.status, "STATUS_CODE_UNSET");
        assert!(!span.attributes.contains_key("error.type"));
        // One event for a success; a subscription also logs that it was opened.
        let events = span.events.iter();
        let events = events.filter(|event| event["attributes"]["level"] == "DEBUG");
        assert_eq!(events.count(), 1, "{span:#?}");
    }
}
