//! Senders that disconnect.

use eventkit::reqwest::RequestBuilderExt;
use eventkit::transport::Transport;
use eventkit_webhook::Endpoint;
use reqwest::Client;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::harness::{brief, event, post, send, serve, subscription};

#[tokio::test]
async fn a_handler_continues_when_the_sender_disconnects_and_a_retry_gets_its_outcome() {
    let endpoint = Endpoint::builder().build().unwrap();
    let mut consumer = endpoint.subscribe(&subscription("s")).await.unwrap();
    let url = serve(&endpoint).await;
    let address = url
        .trim_start_matches("http://")
        .trim_end_matches("/events");

    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = "POST /events HTTP/1.1\r\nhost: x\r\nce-specversion: 1.0\r\nce-id: 1\r\n\
                   ce-source: /tests\r\nce-type: t\r\ncontent-type: text/plain; charset=utf-8\r\n\
                   content-length: 1\r\n\r\nx";
    stream.write_all(request.as_bytes()).await.unwrap();
    let incoming = consumer.next().await.unwrap().unwrap();
    assert_eq!(incoming.event.as_ref().unwrap(), &event("1"));
    drop(stream);

    // The retry arrives while the handler still runs, and waits for it.
    let client = Client::new();
    let retry = tokio::spawn(send(client.post(&url).event(&event("1")).unwrap()));
    tokio::task::yield_now().await;
    assert_eq!(endpoint.unsettled(), 1);
    incoming.handle.ack().await.unwrap();
    assert_eq!(brief(&retry.await.unwrap()), (204, None));

    // A later retry finds the event completed, so the handler gets another event next.
    let response = send(client.post(&url).event(&event("1")).unwrap()).await;
    assert_eq!(response.status(), 204);
    let other = tokio::spawn(send(client.post(&url).event(&event("2")).unwrap()));
    let incoming = consumer.next().await.unwrap().unwrap();
    assert_eq!(incoming.event.unwrap().id(), "2");
    incoming.handle.ack().await.unwrap();
    assert_eq!(other.await.unwrap().status(), 204);
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_event_frees_its_capacity_after_ack_wait() {
    let endpoint = Endpoint::builder().build().unwrap();
    let mut one = subscription("s");
    one.max_in_flight = 1;
    let mut consumer = endpoint.subscribe(&one).await.unwrap();
    let first = tokio::spawn(post(&endpoint, &event("1")));
    let held = consumer.next().await.unwrap().unwrap();
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    assert_eq!(post(&endpoint, &event("2")).await.0, 429);
    tokio::time::advance(one.ack_wait).await;
    let (answer, incoming) = tokio::join!(post(&endpoint, &event("2")), async {
        let incoming = consumer.next().await.unwrap().unwrap();
        incoming.handle.ack().await.unwrap();
        incoming.event.unwrap()
    });
    assert_eq!((answer, incoming.id()), ((204, None), "2"));
    drop(held);
}
