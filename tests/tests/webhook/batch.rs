//! Batches, whose response is the worst of their events.

use std::time::Duration;

use eventkit::Event;
use eventkit::binding::http::encode_batch;
use eventkit::format::Json;
use eventkit_webhook::Endpoint;
use http::Request;

use super::harness::{Do, brief, event, handler, subscription};

fn events(ids: impl IntoIterator<Item = usize>) -> Vec<Event> {
    ids.into_iter().map(|id| event(&id.to_string())).collect()
}

async fn post(endpoint: &Endpoint, events: &[Event]) -> (u16, Option<u64>) {
    let message = encode_batch(events, &Json).unwrap();
    let request = message.request(Request::post("/")).unwrap();
    brief(&endpoint.respond(request).await)
}

#[tokio::test(start_paused = true)]
async fn the_worst_event_decides_and_settled_ones_do_not_run_again() {
    let endpoint = Endpoint::builder().build().unwrap();
    let seen = handler(&endpoint, subscription("s"), |id, attempt| {
        match (id, attempt) {
            ("2", 1) => Do::Nack(Duration::from_secs(2)),
            ("3", 1) => Do::Nack(Duration::from_secs(9)),
            _ => Do::Ack,
        }
    })
    .await;
    let events = events(1..=4);
    assert_eq!(post(&endpoint, &events).await, (503, Some(9)));
    tokio::time::advance(Duration::from_secs(9)).await;
    assert_eq!(post(&endpoint, &events).await, (204, None));
    let seen: Vec<_> = seen.all();
    let expected = [("1", 1), ("2", 1), ("3", 1), ("4", 1), ("2", 2), ("3", 2)];
    assert_eq!(seen, expected.map(|(id, attempt)| (id.to_owned(), attempt)));
}

#[tokio::test(start_paused = true)]
async fn a_batch_larger_than_the_maximum_in_flight_is_accepted() {
    let endpoint = Endpoint::builder().build().unwrap();
    let mut small = subscription("s");
    small.max_in_flight = 3;
    let seen = handler(&endpoint, small, |_, _| Do::Ack).await;
    assert_eq!(post(&endpoint, &events(0..1_000)).await, (204, None));
    assert_eq!(seen.all().len(), 1_000);
    assert!(seen.attempts().iter().all(|attempt| *attempt == 1));
}

#[tokio::test(start_paused = true)]
async fn a_malformed_event_makes_the_batch_invalid_and_none_is_handled() {
    let endpoint = Endpoint::builder().build().unwrap();
    let seen = handler(&endpoint, subscription("s"), |_, _| Do::Ack).await;
    let request = Request::post("/")
        .header("content-type", "application/cloudevents-batch+json")
        .body(r#"[{"specversion":"1.0","id":"1","source":"/s","type":"t"}, {"id":"2"}]"#.into());
    assert_eq!(brief(&endpoint.respond(request.unwrap()).await).0, 400);
    assert!(seen.all().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_event_in_a_batch_is_handled_once() {
    let endpoint = Endpoint::builder().build().unwrap();
    let seen = handler(&endpoint, subscription("s"), |_, _| Do::Ack).await;
    assert_eq!(post(&endpoint, &events([1, 1, 1])).await, (204, None));
    assert_eq!(seen.all(), [("1".to_owned(), 1)]);
}
