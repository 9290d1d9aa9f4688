//! Deduplication of retried events by an endpoint.

use std::time::Duration;

use eventkit::Event;
use eventkit::transport::Transport;
use eventkit_webhook::Endpoint;
use tokio::time::{Instant, advance, sleep};

use super::harness::{Do, event, handler, post, subscription};

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test(start_paused = true)]
async fn a_retry_only_runs_handlers_that_have_not_succeeded() {
    let endpoint = Endpoint::builder().build().unwrap();
    let sound = handler(&endpoint, subscription("sound"), |_, _| Do::Ack).await;
    let refusing = handler(&endpoint, subscription("refusing"), |_, _| Do::Terminate).await;
    let failing = handler(
        &endpoint,
        subscription("failing"),
        |_, attempt| match attempt {
            1 | 2 => Do::Nack(Duration::ZERO),
            _ => Do::Ack,
        },
    )
    .await;
    let event = event("1");
    assert_eq!(post(&endpoint, &event).await, (503, Some(0)));
    assert_eq!(post(&endpoint, &event).await, (503, Some(0)));
    assert_eq!(post(&endpoint, &event).await, (204, None));
    // The same holds if all of them have succeeded.
    assert_eq!(post(&endpoint, &event).await, (204, None));
    assert_eq!(sound.attempts(), [1]);
    // A terminated event is handled again, because its sender knew that it was settled.
    assert_eq!(refusing.attempts(), [1, 1]);
    assert_eq!(failing.attempts(), [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn an_event_with_another_source_or_id_is_handled() {
    let endpoint = Endpoint::builder().build().unwrap();
    let seen = handler(&endpoint, subscription("s"), |_, _| Do::Ack).await;
    let first = event("1");
    let elsewhere = first.to_builder().source("/tests/1").build().unwrap();
    // The concatenation of source and id is the same.
    let shifted = Event::builder()
        .source("/tests/")
        .id("11")
        .ty("t")
        .build()
        .unwrap();
    for event in [&first, &elsewhere, &shifted, &first] {
        assert_eq!(post(&endpoint, event).await, (204, None));
    }
    assert_eq!(seen.attempts(), [1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn an_early_retry_waits_for_the_delay_of_the_handler() {
    let endpoint = Endpoint::builder().build().unwrap();
    let seen = handler(&endpoint, subscription("s"), |_, attempt| match attempt {
        1 => Do::Nack(MINUTE),
        _ => Do::Ack,
    })
    .await;
    let event = event("1");
    assert_eq!(post(&endpoint, &event).await, (503, Some(60)));
    advance(Duration::from_millis(20_500)).await;
    assert_eq!(post(&endpoint, &event).await, (503, Some(40)));
    assert_eq!(seen.attempts(), [1]);
    advance(Duration::from_secs(40)).await;
    assert_eq!(post(&endpoint, &event).await, (204, None));
    assert_eq!(seen.attempts(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_concurrent_retry_gets_the_same_outcome() {
    let endpoint = Endpoint::builder().build().unwrap();
    let mut consumer = endpoint.subscribe(&subscription("s")).await.unwrap();
    let event = event("1");
    let work = async {
        let incoming = consumer.next().await.unwrap().unwrap();
        sleep(Duration::from_secs(20)).await;
        incoming.handle.ack().await.unwrap();
        incoming.metadata.delivery_count
    };
    let again = async {
        sleep(Duration::from_secs(10)).await;
        post(&endpoint, &event).await
    };
    let start = Instant::now();
    let (first, second, attempt) = tokio::join!(post(&endpoint, &event), again, work);
    assert_eq!((first, second, attempt), ((204, None), (204, None), 1));
    assert_eq!(start.elapsed(), Duration::from_secs(20));
    assert_eq!(endpoint.unsettled(), 0);
}

#[tokio::test(start_paused = true)]
async fn old_and_excess_entries_are_forgotten() {
    let endpoint = Endpoint::builder()
        .dedup_capacity(2)
        .dedup_window(MINUTE)
        .build()
        .unwrap();
    let seen = handler(&endpoint, subscription("s"), |_, _| Do::Ack).await;
    for id in ["1", "2", "3", "2", "1"] {
        assert_eq!(post(&endpoint, &event(id)).await, (204, None));
    }
    let ids = |seen: &super::harness::Seen| -> Vec<String> {
        seen.all().into_iter().map(|(id, _)| id).collect()
    };
    assert_eq!(ids(&seen), ["1", "2", "3", "1"]);
    advance(MINUTE).await;
    assert_eq!(post(&endpoint, &event("1")).await, (204, None));
    assert_eq!(ids(&seen), ["1", "2", "3", "1", "1"]);
}

#[tokio::test(start_paused = true)]
async fn a_subscription_remembers_events_across_its_consumers() {
    let endpoint = Endpoint::builder().build().unwrap();
    let mut consumer = endpoint.subscribe(&subscription("s")).await.unwrap();
    let (answer, attempt) = tokio::join!(post(&endpoint, &event("1")), async {
        let incoming = consumer.next().await.unwrap().unwrap();
        incoming.handle.nack(Duration::ZERO).await.unwrap();
        incoming.metadata.delivery_count
    });
    assert_eq!((answer, attempt), ((503, Some(0)), 1));
    drop(consumer);
    assert_eq!(post(&endpoint, &event("1")).await, (503, Some(1)));
    let seen = handler(&endpoint, subscription("s"), |_, _| Do::Ack).await;
    assert_eq!(post(&endpoint, &event("1")).await, (204, None));
    assert_eq!(seen.attempts(), [2]);
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_missed_a_termination_gets_it_once() {
    let endpoint = Endpoint::builder().build().unwrap();
    let mut consumer = endpoint.subscribe(&subscription("s")).await.unwrap();
    let event = event("1");
    let hung_up = tokio::time::timeout(MINUTE / 60, post(&endpoint, &event)).await;
    assert!(hung_up.is_err());
    let first = consumer.next().await.unwrap().unwrap();
    first.handle.terminate().await.unwrap();
    assert_eq!(post(&endpoint, &event).await, (204, None));

    // The sender deliberately sends the event again.
    let again = tokio::spawn(post(&endpoint, &event));
    let second = consumer.next().await.unwrap().unwrap();
    assert_eq!(second.metadata.delivery_count, 1);
    second.handle.ack().await.unwrap();
    assert_eq!(again.await.unwrap(), (204, None));
    assert_eq!(post(&endpoint, &event).await, (204, None));
}
