//! Endpoints with scripted handlers, and requests to them.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use eventkit::Event;
use eventkit::binding::http::encode_binary;
use eventkit::transport::{Subscription, Transport};
use eventkit_webhook::Endpoint;
use http::{Request, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The action of a handler on an event.
#[derive(Debug, Clone, Copy)]
pub(super) enum Do {
    Ack,
    Terminate,
    Nack(Duration),
    /// Keep the message without settling it.
    Hold,
    /// Drop the message without settling it.
    Drop,
}

/// The ids that a handler has received, with the delivery count of each.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen(Arc<Mutex<Vec<(String, u32)>>>);

impl Seen {
    pub(super) fn all(&self) -> Vec<(String, u32)> {
        self.0.lock().unwrap().clone()
    }

    pub(super) fn attempts(&self) -> Vec<u32> {
        self.all().into_iter().map(|(_, attempt)| attempt).collect()
    }
}

/// Starts a handler that takes the action of a function for each attempt.
pub(super) async fn handler(
    endpoint: &Endpoint,
    subscription: Subscription,
    mut act: impl FnMut(&str, u32) -> Do + Send + 'static,
) -> Seen {
    let mut consumer = endpoint.subscribe(&subscription).await.unwrap();
    let seen = Seen::default();
    let log = seen.clone();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Some(incoming) = consumer.next().await.unwrap() {
            let id = incoming.event.as_ref().unwrap().id().to_owned();
            let attempt = incoming.metadata.delivery_count;
            log.0.lock().unwrap().push((id.clone(), attempt));
            match act(&id, attempt) {
                Do::Ack => incoming.handle.ack().await.unwrap(),
                Do::Terminate => incoming.handle.terminate().await.unwrap(),
                Do::Nack(delay) => incoming.handle.nack(delay).await.unwrap(),
                Do::Hold => held.push(incoming),
                Do::Drop => drop(incoming),
            }
        }
    });
    seen
}

pub(super) fn subscription(name: &str) -> Subscription {
    Subscription::new(name, ["t"])
}

pub(super) fn event(id: &str) -> Event {
    let event = Event::builder().source("/tests").ty("t").id(id);
    event.without_time().data_text("x").build().unwrap()
}

pub(super) fn request(event: &Event) -> Request<Bytes> {
    let message = encode_binary(event).unwrap();
    message.request(Request::post("/events")).unwrap()
}

/// Sends an event to an endpoint without a connection, and returns the status and `Retry-After`.
pub(super) fn post(
    endpoint: &Endpoint,
    event: &Event,
) -> impl Future<Output = (u16, Option<u64>)> + Send + use<> {
    let (endpoint, request) = (endpoint.clone(), request(event));
    async move { brief(&endpoint.respond(request).await) }
}

pub(super) fn brief<B>(response: &Response<B>) -> (u16, Option<u64>) {
    let after = response.headers().get("retry-after");
    let after = after.map(|value| value.to_str().unwrap().parse().unwrap());
    (response.status().as_u16(), after)
}

/// Serves an endpoint on a free port until the test ends, and returns its address.
pub(super) async fn serve(endpoint: &Endpoint) -> String {
    let (address, _) = serve_until(endpoint, std::future::pending()).await;
    format!("http://{address}/events")
}

/// Serves an endpoint on a free port until a future ends, and returns its address and the server.
pub(super) async fn serve_until(
    endpoint: &Endpoint,
    stop: impl Future<Output = ()> + Send + 'static,
) -> (SocketAddr, JoinHandle<io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let endpoint = endpoint.clone();
    let server = tokio::spawn(async move { endpoint.serve(listener, stop).await });
    (address, server)
}

/// Asserts that a response is a problem with its own status, and returns its detail.
pub(super) fn detail(response: &Response<Bytes>) -> String {
    let content_type = &response.headers()["content-type"];
    assert_eq!(content_type, "application/problem+json");
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(body["status"], response.status().as_u16());
    body["detail"].as_str().unwrap().to_owned()
}

/// Sends a request over a connection.
pub(super) async fn send(request: reqwest::RequestBuilder) -> Response<Bytes> {
    let answer = request.send().await.unwrap();
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = answer.bytes().await.unwrap();
    response
}
