//! Sending events over HTTP to a service, compared with reqwest and axum:
//! `cargo bench --bench webhook`.
//!
//! Both sides send the same order with reqwest on loopback, and a handler decodes it into a type
//! before the response: a [`Sender`] to an [`Endpoint`], and a POST of JSON to an axum handler with
//! [`Json`]. The rounds alternate, and run in tasks of one runtime.

use std::future::pending;
use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::http::StatusCode;
use axum::routing::post;
use eventkit::{BoxError, CloudEvent, Dispatcher, Registry, handles};
use eventkit_service::Service;
use eventkit_webhook::{Endpoint, Sender};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

const EVENTS: usize = 8_000;
const ROUNDS: usize = 7;

#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
struct OrderPlaced {
    order_id: String,
    customer: String,
    total_cents: u64,
}

static SHOP: Registry = Registry::new("shop");

#[handles(registry = SHOP)]
#[allow(clippy::unused_async, reason = "a sync one would go to another thread")]
async fn receive(order: &OrderPlaced) {
    assert_eq!(order.total_cents, 1250);
}

async fn receive_json(Json(order): Json<OrderPlaced>) -> StatusCode {
    assert_eq!(order.total_cents, 1250);
    StatusCode::NO_CONTENT
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let (sender, plain) = (Arc::new(endpoint().await?), Arc::new(server().await?));
    for at_once in [1, 16] {
        let (mut events, mut json) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            json.push(tokio::spawn(send_json(Arc::clone(&plain), at_once)).await??);
            events.push(tokio::spawn(send_events(Arc::clone(&sender), at_once)).await??);
        }
        let ratios = events.iter().zip(&json).map(|(event, json)| event / json);
        let mut ratios: Vec<f64> = ratios.collect();
        for values in [&mut events, &mut json, &mut ratios] {
            values.sort_by(f64::total_cmp);
        }
        let middle = ROUNDS / 2;
        println!(
            "{at_once:>2} at once: reqwest to Json {:.0}/s; Sender to Endpoint {:.0}/s, {:.2} of it \
             ({:.2} to {:.2})",
            json[middle],
            events[middle],
            ratios[middle],
            ratios[0],
            ratios[ROUNDS - 1],
        );
    }
    Ok(())
}

fn order() -> OrderPlaced {
    OrderPlaced {
        order_id: "A-1".to_owned(),
        customer: "ann".to_owned(),
        total_cents: 1250,
    }
}

async fn endpoint() -> Result<Sender, BoxError> {
    let dead_letters = Sender::to("http://127.0.0.1:9/").build()?;
    let endpoint = Endpoint::builder()
        .token("secret")
        .publisher(dead_letters)
        .build()?;
    let app = Dispatcher::new(&SHOP).build()?;
    let service = Service::new("shop", &app)
        .transport(endpoint.clone())
        .build()?;
    let handle = service.handle();
    tokio::spawn(service.run_until(pending()));
    handle.ready().await;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(async move { endpoint.serve(listener, pending()).await });
    Ok(Sender::to(url).token("secret").build()?)
}

struct Plain {
    client: reqwest::Client,
    url: String,
}

async fn server() -> Result<Plain, BoxError> {
    let app = axum::Router::new().route("/", post(receive_json));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, app).await });
    let client = reqwest::Client::new();
    Ok(Plain { client, url })
}

/// Returns the rate of events per second.
async fn send_events(sender: Arc<Sender>, at_once: usize) -> Result<f64, BoxError> {
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..at_once {
        let sender = Arc::clone(&sender);
        tasks.spawn(async move {
            for _ in 0..EVENTS / at_once {
                sender.publish(&order()).await?;
            }
            Ok::<_, BoxError>(())
        });
    }
    while let Some(sent) = tasks.join_next().await {
        sent??;
    }
    Ok(rate(start))
}

async fn send_json(plain: Arc<Plain>, at_once: usize) -> Result<f64, BoxError> {
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..at_once {
        let plain = Arc::clone(&plain);
        tasks.spawn(async move {
            for _ in 0..EVENTS / at_once {
                let request = plain.client.post(&plain.url).json(&order());
                request.send().await?.error_for_status()?;
            }
            Ok::<_, BoxError>(())
        });
    }
    while let Some(sent) = tasks.join_next().await {
        sent??;
    }
    Ok(rate(start))
}

fn rate(start: Instant) -> f64 {
    EVENTS as f64 / start.elapsed().as_secs_f64()
}
