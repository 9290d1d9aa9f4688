//! How an endpoint and its server end.

use std::time::Duration;

use eventkit::reqwest::RequestBuilderExt;
use eventkit::transport::{Transport, TransportErrorKind};
use eventkit_webhook::Endpoint;
use reqwest::Client;
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::harness::{brief, event, post, send, serve_until, subscription};

#[tokio::test]
async fn a_server_answers_what_is_being_handled_before_it_ends() {
    let endpoint = Endpoint::builder().build().unwrap();
    let mut consumer = endpoint.subscribe(&subscription("s")).await.unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let (address, server) = serve_until(&endpoint, async { drop(stopped.await) }).await;
    let idle = TcpStream::connect(address).await.unwrap();
    let url = format!("http://{address}/");
    let answer = tokio::spawn(send(Client::new().post(&url).event(&event("1")).unwrap()));
    let incoming = consumer.next().await.unwrap().unwrap();
    stop.send(()).unwrap();
    // What has been taken in before is still given out; then the consumer ends.
    assert!(consumer.next().await.unwrap().is_none());
    assert!(!server.is_finished());
    incoming.handle.ack().await.unwrap();
    assert_eq!(brief(&answer.await.unwrap()), (204, None));
    server.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
    drop(idle);
}

#[tokio::test]
async fn a_server_does_not_wait_for_ever() {
    let endpoint = Endpoint::builder().shutdown_timeout(Duration::from_millis(50));
    let endpoint = endpoint.build().unwrap();
    let mut consumer = endpoint.subscribe(&subscription("s")).await.unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let (address, server) = serve_until(&endpoint, async { drop(stopped.await) }).await;
    let url = format!("http://{address}/");
    let answer = tokio::spawn(send(Client::new().post(&url).event(&event("1")).unwrap()));
    let incoming = consumer.next().await.unwrap().unwrap();
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    assert_eq!(endpoint.unsettled(), 1);
    incoming.handle.ack().await.unwrap();
    assert_eq!(answer.await.unwrap().status(), 204);
}

#[tokio::test(start_paused = true)]
async fn a_closed_endpoint_gives_out_what_it_has_and_takes_no_more() {
    let endpoint = Endpoint::builder().build().unwrap();
    let mut consumer = endpoint.subscribe(&subscription("s")).await.unwrap();
    let first = tokio::spawn(post(&endpoint, &event("1")));
    tokio::task::yield_now().await;
    endpoint.close();
    assert_eq!(post(&endpoint, &event("2")).await, (503, Some(1)));
    let incoming = consumer.next().await.unwrap().unwrap();
    assert!(consumer.next().await.unwrap().is_none());
    incoming.handle.ack().await.unwrap();
    assert_eq!(first.await.unwrap(), (204, None));
    let error = endpoint.subscribe(&subscription("s")).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Closed);
}

#[tokio::test]
async fn an_endpoint_says_what_it_needs() {
    let endpoint = Endpoint::builder().build().unwrap();
    let error = endpoint.publish(&event("1")).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Configuration);
    assert!(error.to_string().contains("`EndpointBuilder::publisher`"));
    let wrong = eventkit::transport::Subscription::new("s", ["or*"]);
    let error = endpoint.subscribe(&wrong).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Configuration);
    assert_eq!(endpoint.name(), "webhook");
}
