//! Shutdown of an endpoint and its server.

use std::time::Duration;

use eventkit::reqwest::RequestBuilderExt;
use eventkit::transport::{Transport, TransportErrorKind};
use eventkit_webhook::Endpoint;
use reqwest::Client;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::harness::{Do, brief, event, handler, post, send, serve_until, subscription};

#[tokio::test]
async fn a_server_responds_to_requests_in_progress_before_it_ends() {
    let endpoint = Endpoint::builder().build().unwrap();
    let mut consumer = endpoint.subscribe(&subscription("s")).await.unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let (address, server) = serve_until(&endpoint, async { drop(stopped.await) }).await;
    let idle = TcpStream::connect(address).await.unwrap();
    let url = format!("http://{address}/");
    let answer = tokio::spawn(send(Client::new().post(&url).event(&event("1")).unwrap()));
    let incoming = consumer.next().await.unwrap().unwrap();
    stop.send(()).unwrap();
    // Messages that were accepted before are still delivered. Then the stream of the consumer ends.
    assert!(consumer.next().await.unwrap().is_none());
    assert!(!server.is_finished());
    incoming.handle.ack().await.unwrap();
    assert_eq!(brief(&answer.await.unwrap()), (204, None));
    server.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
    drop(idle);
}

/// Starts a server with timeouts that the test does not reach, sends bytes over a connection after
/// a number of complete requests, and waits until the server has ended.
async fn ends_with_a_connection(requests: usize, rest: &[u8]) {
    const HOUR: Duration = Duration::from_hours(1);
    let endpoint = Endpoint::builder()
        .shutdown_timeout(HOUR)
        .read_timeout(HOUR);
    let endpoint = endpoint.build().unwrap();
    handler(&endpoint, subscription("s"), |_, _| Do::Ack).await;
    let (stop, stopped) = oneshot::channel::<()>();
    let (address, server) = serve_until(&endpoint, async { drop(stopped.await) }).await;
    let mut connection = TcpStream::connect(address).await.unwrap();
    for _ in 0..requests {
        let request = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n";
        connection.write_all(request).await.unwrap();
        let mut answer = [0; 1024];
        assert!(connection.read(&mut answer).await.unwrap() > 0);
    }
    connection.write_all(rest).await.unwrap();
    // The server has accepted the connection, and read the bytes.
    let probe = Client::new().get(format!("http://{address}/"));
    assert_eq!(send(probe).await.status(), 405);
    stop.send(()).unwrap();
    let ended = timeout(Duration::from_secs(20), server).await;
    ended
        .unwrap_or_else(|_| panic!("the server should end after {requests} requests and {rest:?}"))
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_server_does_not_wait_for_idle_connections() {
    for requests in [0, 1] {
        ends_with_a_connection(requests, b"").await;
        ends_with_a_connection(requests, b"POST / HT").await;
        ends_with_a_connection(requests, b"POST / HTTP/1.1\r\nhost: x\r\n").await;
    }
}

#[tokio::test]
async fn a_server_does_not_wait_forever() {
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
async fn a_closed_endpoint_delivers_accepted_messages_and_accepts_no_more() {
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
async fn the_errors_of_building_an_endpoint_name_what_is_missing() {
    let endpoint = Endpoint::builder().build().unwrap();
    let error = endpoint.publish(&event("1")).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Configuration);
    assert!(error.to_string().contains("`EndpointBuilder::publisher`"));
    let wrong = eventkit::transport::Subscription::new("s", ["or*"]);
    let error = endpoint.subscribe(&wrong).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Configuration);
    assert_eq!(endpoint.name(), "webhook");
}
