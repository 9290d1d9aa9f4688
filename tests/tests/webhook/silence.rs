//! Messages that nobody says a word about.

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
async fn after_ack_wait_it_is_a_503_and_counts_as_an_attempt() {
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
async fn what_is_dropped_is_a_503_at_once() {
    let endpoint = Endpoint::builder().build().unwrap();
    handler(&endpoint, waiting(10), |_, _| Do::Drop).await;
    let start = Instant::now();
    assert_eq!(post(&endpoint, &event("1")).await, (503, Some(0)));
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(endpoint.unsettled(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_word_in_time_starts_ack_wait_anew() {
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
async fn who_was_given_it_first_may_still_settle_it() {
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
    // What the other says now changes nothing.
    second.handle.nack(Duration::ZERO).await.unwrap();
    assert_eq!(post(&endpoint, &event("1")).await, (204, None));
}

#[tokio::test(start_paused = true)]
async fn what_no_consumer_takes_is_a_503_and_no_attempt() {
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
async fn what_waits_for_a_consumer_that_goes_is_a_503_at_once() {
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
