//! Messages that are not settled.

use std::time::Duration;

use eventkit::transport::{Subscription, Transport};
use eventkit_webhook::Endpoint;
use tokio::time::{Instant, sleep};

use super::harness::{Do, event, handler, post, subscription};

fn waiting(seconds: u64) -> Subscription {
    let mut subscription = subscription("s");
    subscription.ack_wait = Duration::from_secs(seconds);
    subscription
}

#[tokio::test(start_paused = true)]
async fn an_unsettled_message_is_a_503_after_ack_wait_and_counts_as_a_delivery() {
    let endpoint = Endpoint::builder().build().unwrap();
    let seen = handler(&endpoint, waiting(10), |_, attempt| match attempt {
        1 => Do::Hold,
        _ => Do::Ack,
    })
    .await;
    let start = Instant::now();
    assert_eq!(post(&endpoint, &event("1")).await, (503, Some(0)));
    assert_eq!(start.elapsed(), Duration::from_secs(10));
    assert_eq!(post(&endpoint, &event("1")).await, (204, None));
    assert_eq!(seen.attempts(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_message_is_a_503_at_once() {
    let endpoint = Endpoint::builder().build().unwrap();
    handler(&endpoint, waiting(10), |_, _| Do::Drop).await;
    let start = Instant::now();
    assert_eq!(post(&endpoint, &event("1")).await, (503, Some(0)));
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(endpoint.unsettled(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_restarts_ack_wait() {
    let endpoint = Endpoint::builder().build().unwrap();
    let mut consumer = endpoint.subscribe(&waiting(10)).await.unwrap();
    let work = async {
        let incoming = consumer.next().await.unwrap().unwrap();
        for _ in 0..5 {
            sleep(Duration::from_secs(9)).await;
            incoming.handle.in_progress().await.unwrap();
        }
        incoming.handle.ack().await.unwrap();
    };
    let (answer, ()) = tokio::join!(post(&endpoint, &event("1")), work);
    assert_eq!(answer, (204, None));
}

#[tokio::test(start_paused = true)]
async fn the_first_consumer_may_still_settle_the_message() {
    let endpoint = Endpoint::builder().build().unwrap();
    let mut consumer = endpoint.subscribe(&waiting(10)).await.unwrap();
    let (answer, first) = tokio::join!(post(&endpoint, &event("1")), consumer.next());
    let first = first.unwrap().unwrap();
    assert_eq!(answer.0, 503);
    assert!(first.handle.in_progress().await.is_err());
    let settle = async {
        let second = consumer.next().await.unwrap().unwrap();
        assert_eq!(second.metadata.delivery_count, 2);
        first.handle.ack().await.unwrap();
        second
    };
    let (answer, second) = tokio::join!(post(&endpoint, &event("1")), settle);
    assert_eq!(answer, (204, None));
    // The settlement of the other consumer changes nothing.
    second.handle.nack(Duration::ZERO).await.unwrap();
    assert_eq!(post(&endpoint, &event("1")).await, (204, None));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_no_consumer_receives_is_a_503_without_a_delivery() {
    let endpoint = Endpoint::builder().build().unwrap();
    let mut consumer = endpoint.subscribe(&waiting(10)).await.unwrap();
    let start = Instant::now();
    assert_eq!(post(&endpoint, &event("1")).await, (503, Some(0)));
    assert_eq!(start.elapsed(), Duration::from_secs(10));
    let (answer, incoming) = tokio::join!(post(&endpoint, &event("1")), async {
        let incoming = consumer.next().await.unwrap().unwrap();
        incoming.handle.ack().await.unwrap();
        incoming.metadata.delivery_count
    });
    assert_eq!((answer, incoming), ((204, None), 1));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_waits_for_a_dropped_consumer_is_a_503_at_once() {
    let endpoint = Endpoint::builder().build().unwrap();
    let consumer = endpoint.subscribe(&waiting(10)).await.unwrap();
    let start = Instant::now();
    let (answer, ()) = tokio::join!(post(&endpoint, &event("1")), async {
        sleep(Duration::from_secs(1)).await;
        drop(consumer);
    });
    assert_eq!(answer, (503, Some(1)));
    assert_eq!(start.elapsed(), Duration::from_secs(1));
}
