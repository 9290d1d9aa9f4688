//! The trace context that events and requests carry.

use actix_web::test::{self, TestRequest};
use actix_web::{App, web};
use axum::Router;
use axum::routing::post;
use eventkit::binding::http::encode_binary;
use eventkit::{Event, Registry};
use eventkit_service::memory::Memory;
use eventkit_webhook::Endpoint;
use http::{HeaderMap, HeaderValue};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tracing::Instrument;

use super::receiver::{Telemetry, start};
use super::trees::serve;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const TOKEN: &str = "a-token-of-the-tests";
const OTHER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn event(id: &str, parent: Option<&str>) -> Event {
    let event = Event::builder().id(id).source("/tests").ty("t");
    let event = match parent {
        Some(parent) => event.extension("traceparent", parent),
        None => event,
    };
    event.build().unwrap()
}

fn request(event: &Event, headers: &[(&'static str, &'static str)]) -> (HeaderMap, bytes::Bytes) {
    let mut message = encode_binary(event).unwrap();
    for (name, value) in headers {
        message
            .headers
            .insert(*name, HeaderValue::from_static(value));
    }
    (message.headers, message.body)
}

fn text(event: &Event, name: &str) -> Option<String> {
    event.extension(name).map(ToString::to_string)
}

static KEPT: Registry = Registry::new("telemetry-kept");

#[tokio::test(flavor = "multi_thread")]
async fn an_event_keeps_the_trace_that_the_user_has_set() {
    let Some(telemetry) = Telemetry::shared() else {
        return;
    };
    let (sender, mut seen) = tokio::sync::mpsc::unbounded_channel();
    KEPT.with_name("log").register("t", move |event: &Event| {
        sender.send(text(event, "traceparent")).unwrap();
    });
    let memory = Memory::new();
    let service = start(&KEPT, "kept", |service| service.transport(memory.clone())).await;
    let span = tracing::info_span!("a span of another trace");
    let traced = event("kept-1", Some(PARENT)).to_builder();
    let traced = traced.extension("tracestate", "a=1").build().unwrap();
    memory.publish(&traced).await.unwrap();
    let other = event("kept-2", Some(OTHER));
    memory.publish(&other).instrument(span).await.unwrap();
    service
        .wait_for(|health| health.counters().succeeded == 2)
        .await;
    service.stop().await;
    assert_eq!(seen.recv().await.unwrap().as_deref(), Some(PARENT));
    assert_eq!(seen.recv().await.unwrap().as_deref(), Some(OTHER));

    let spans = telemetry.spans(2, |span| {
        span.event_id() == "kept-1" && span.operation() != "receive"
    });
    // Published outside any span, it is also published in its own trace.
    for span in spans.await {
        assert_eq!(
            (&*span.trace_id, &*span.parent_id),
            (TRACE, "b7ad6b7169203331")
        );
        assert_eq!(span.state, "a=1");
    }
    let spans = telemetry.spans(2, |span| {
        span.event_id() == "kept-2" && span.operation() != "receive"
    });
    for span in spans.await {
        let is_in_own = span.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(is_in_own, span.operation() == "process", "{span:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_span_no_trace_is_invented() {
    let event = event("alone", None);
    assert_eq!(*eventkit::transport::with_current_trace(&event), event);
    let events = [event];
    assert_eq!(
        *eventkit::transport::with_current_trace_all(&events),
        events
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_axum_joins_the_trace_of_its_request() {
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let receive = async move |event: Event| sender.send(event).unwrap();
    let url = serve(Router::new().route("/", post(receive))).await;
    let client = reqwest::Client::new();
    let traced = [("traceparent", PARENT), ("tracestate", "a=1")];
    for (event, headers, expected) in [
        (event("1", None), &traced[..], [Some(PARENT), Some("a=1")]),
        (event("2", Some(OTHER)), &traced[..], [Some(OTHER), None]),
        (event("3", None), &[], [None, None]),
        (
            event("4", None),
            &[("traceparent", "00-1-2-3")],
            [None, None],
        ),
    ] {
        let (headers, body) = request(&event, headers);
        let sent = client.post(&url).headers(headers).body(body).send().await;
        assert!(sent.unwrap().status().is_success());
        let event = events.recv().await.unwrap();
        let found = ["traceparent", "tracestate"].map(|name| text(&event, name));
        assert_eq!(
            found,
            expected.map(|text| text.map(str::to_owned)),
            "{event}"
        );
    }
}

#[test]
fn an_event_of_actix_joins_the_trace_of_its_request() {
    actix_web::rt::System::new().block_on(async {
        let app = App::new().route("/", web::post().to(answer_trace));
        let app = test::init_service(app).await;
        for (own, expected) in [(None, PARENT), (Some(OTHER), OTHER)] {
            let (headers, body) = request(&event("1", own), &[("traceparent", PARENT)]);
            let mut call = TestRequest::post().uri("/").set_payload(body);
            for (name, value) in &headers {
                call = call.insert_header((name.as_str(), value.as_bytes()));
            }
            let body = test::call_and_read_body(&app, call.to_request()).await;
            assert_eq!(body, expected);
        }
    });
}

async fn answer_trace(event: Event) -> String {
    text(&event, "traceparent").unwrap_or_default()
}

static HOOKS: Registry = Registry::new("telemetry-hooks");

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_processed_in_the_trace_of_its_request() {
    let Some(telemetry) = Telemetry::shared() else {
        return;
    };
    HOOKS.with_name("log").register("t", |_: &Event| {});
    let endpoint = Endpoint::builder().allow_any_origin().token(TOKEN).build();
    let endpoint = endpoint.unwrap();
    let service = start(&HOOKS, "hooks", |service| {
        service
            .transport(endpoint.clone())
            .dead_letter_publisher(Memory::new())
    })
    .await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(async move {
        let stopped = async { drop(stopped.await) };
        endpoint.serve(listener, stopped).await
    });
    let (headers, body) = request(&event("hook-1", None), &[("traceparent", PARENT)]);
    let client = reqwest::Client::new();
    let sent = client
        .post(&url)
        .bearer_auth(TOKEN)
        .headers(headers)
        .body(body);
    let sent = sent.send().await.unwrap();
    assert!(sent.status().is_success(), "{}", sent.status());
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
    service.stop().await;
    let spans = telemetry.spans(1, |span| {
        span.event_id() == "hook-1" && span.operation() == "process"
    });
    let span = &spans.await[0];
    assert_eq!(
        (&*span.trace_id, &*span.parent_id),
        (TRACE, "b7ad6b7169203331")
    );
    assert_eq!(span.name, "process webhook");
}
