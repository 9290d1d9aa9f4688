//! The health probes over HTTP.

use eventkit::{Event, Policy, Registry};
use eventkit_service::memory::Memory;
use eventkit_service::{Service, probes};
use serde_json::{Value, json};

use super::receiver::run;
use super::trees::serve;

async fn get(url: &str, path: &str) -> (u16, Value) {
    let response = reqwest::get(format!("{url}{path}")).await.unwrap();
    let content_type = response.headers()["content-type"].to_str().unwrap();
    assert_eq!(content_type, "application/json");
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

static PROBED: Registry = Registry::new("telemetry-probed");

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_ready_while_it_makes_progress() {
    PROBED
        .with_name("fail")
        .policy(Policy::new().attempts(1))
        .register("t", |_: &Event| Err::<(), _>("no printer"));
    let memory = Memory::new();
    let app = eventkit::Dispatcher::new(&PROBED).build().unwrap();
    let service = Service::new("probed", &app).transport(memory.clone());
    let connecting = service.build().unwrap();
    let url = serve(probes::router(connecting.handle())).await;
    let (status, body) = get(&url, "/ready").await;
    assert_eq!((status, &body["ready"]), (503, &json!(false)));
    let reason = body["reasons"][0].as_str().unwrap();
    assert!(
        reason.starts_with("probed--fail on memory: not ready: not connected yet"),
        "{reason}"
    );
    assert_eq!(get(&url, "/live").await, (200, json!({"live": true})));

    let service = run(Service::new("probed", &app).transport(memory.clone())).await;
    let url = serve(probes::router(service.handle.clone())).await;
    assert_eq!(
        get(&url, "/ready").await,
        (200, json!({"ready": true, "reasons": []}))
    );
    let event = Event::builder().source("/tests").ty("t").build().unwrap();
    memory.publish(&event).await.unwrap();
    service
        .wait_for(|health| health.counters().dead_lettered == 1 && health.counters().in_flight == 0)
        .await;
    let (status, body) = get(&url, "/health").await;
    assert_eq!((status, &body["ready"]), (200, &json!(true)));
    let subscription = &body["subscriptions"][0];
    assert_eq!(subscription["name"], "probed--fail");
    assert_eq!(subscription["state"], "running");
    assert_eq!(subscription["ready"], true);
    assert_eq!(subscription["counters"]["dead_lettered"], 1);
    assert_eq!(subscription["counters"]["received"], 1);
    assert_eq!(subscription["lag"], 0);
    assert_eq!(body["background"], json!([]));

    memory.close();
    service.wait_for(|health| !health.is_ready()).await;
    let (status, body) = get(&url, "/ready").await;
    assert_eq!(
        (status, body["reasons"].as_array().unwrap().len()),
        (503, 1)
    );
    assert_eq!(get(&url, "/live").await.0, 200);
    let (status, body) = get(&url, "/health").await;
    assert_eq!((status, &body["ready"]), (200, &json!(false)));
    let reasons = body["subscriptions"][0]["not_ready_reasons"].as_array();
    assert_eq!(reasons.unwrap().len(), 1);
    memory.reopen();
    service.wait_for(eventkit_service::Health::is_ready).await;
    assert_eq!(get(&url, "/ready").await.0, 200);
    service.stop().await;
}
