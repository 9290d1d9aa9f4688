//! Forwards events unchanged, even if they violate the specification, and reports their violations.

#![forbid(unsafe_code)]

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use eventkit::BoxError;
use eventkit::binding::http::{self, Problem};
use reqwest::Client;
use tokio::net::TcpListener;

#[derive(Clone)]
struct Upstream {
    client: Client,
    url: String,
}

/// Receives an event in any content mode. A message that is not an event is answered with a
/// problem, but a small mistake of the producer is no reason to drop an event.
async fn forward(
    State(upstream): State<Upstream>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let event = http::decode_lenient(&headers, body).map_err(|error| Problem::from(&error))?;
    let ty = event.attribute("type").unwrap_or_default();
    match event.violations() {
        [] => println!("proxy: {ty} is valid"),
        _ => println!("proxy: {ty} is forwarded nevertheless"),
    }
    for violation in event.violations() {
        println!("  {violation}");
    }
    // The headers of the event and its body are unchanged. The proxy adds its own headers.
    let message = http::encode_lenient(&event).map_err(|error| Problem::from(&error))?;
    let request = upstream.client.post(upstream.url).headers(message.headers);
    let answer = request.body(message.body).send().await.map_err(|error| {
        Problem::new(
            StatusCode::BAD_GATEWAY,
            "No answer from upstream",
            error.to_string(),
        )
    })?;
    Ok(answer.status())
}

/// The receiver, which gets exactly what the producer sent.
async fn receive(headers: HeaderMap, body: Bytes) {
    let mut lines: Vec<String> = headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("ce-") || *name == "content-type")
        .map(|(name, value)| format!("  {name}: {}", value.to_str().unwrap_or("(no text)")))
        .collect();
    lines.sort();
    println!("upstream:\n{}", lines.join("\n"));
    println!("  {}", String::from_utf8_lossy(&body));
}

/// Serves routes on a free port, and returns the URL of `/events`.
async fn serve(router: Router) -> Result<String, BoxError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(axum::serve(listener, router).into_future());
    Ok(format!("http://{address}/events"))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let client = Client::new();
    let url = serve(Router::new().route("/events", post(receive))).await?;
    let upstream = Upstream {
        client: client.clone(),
        url,
    };
    let proxy = Router::new().route("/events", post(forward));
    let proxy = serve(proxy.with_state(upstream)).await?;

    // In binary mode, with an invalid schema URI and a time without an offset.
    let sloppy = client
        .post(&proxy)
        .header("ce-specversion", "1.0")
        .header("ce-id", "1")
        .header("ce-source", "/shop/orders")
        .header("ce-type", "co.outcome.order.placed")
        .header("ce-dataschema", "#")
        .header("ce-time", "2026-01-31T09:30:00")
        .header("content-type", "application/json")
        .body(r#"{"order_id": "A-1"}"#);
    println!("{}\n", sloppy.send().await?.status());

    // In structured mode, with an older version of the specification.
    let old = client
        .post(&proxy)
        .header("content-type", "application/cloudevents+json")
        .body(r#"{"specversion": "0.3", "id": "2", "source": "/shop", "type": "old", "Region": "eu"}"#);
    println!("{}\n", old.send().await?.status());

    let no_event = client.post(&proxy).body("hello");
    let answer = no_event.send().await?;
    println!("{}\n{}", answer.status(), answer.text().await?);
    Ok(())
}
