//! Ids of outgoing events: no event is mistaken for another one of an earlier attempt.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eventkit::transport::TransportErrorKind;
use eventkit::{CloudEvent, Event, Policy};
use eventkit_service::memory::Memory;
use eventkit_service::{Outgoing, OutgoingError};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::event;
use super::harness::{FailingPublisher, Fault, Running, TestHarness, take_all};

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "charged", source = "/shop")]
struct Charged {
    amount: usize,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "receipt", source = "/shop")]
struct Receipt {
    lines: HashMap<usize, String>,
}

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "numbered", source = "/shop")]
struct Numbered {
    #[cloudevent(id)]
    id: String,
    amount: usize,
}

/// Returns a receipt whose lines have a different order each time.
fn receipt() -> Receipt {
    let lines = (0..20).map(|line| (line, format!("line {line}")));
    Receipt {
        lines: lines.collect(),
    }
}

fn numbered(id: &str, amount: usize) -> Numbered {
    let id = id.to_owned();
    Numbered { id, amount }
}

fn quick() -> Policy {
    let millisecond = Duration::from_millis(1);
    Policy::new()
        .attempts(1_000)
        .initial_delay(millisecond)
        .max_delay(millisecond)
}

/// Returns a publisher that rejects the first message of each listed type.
fn rejecting_once(memory: &Memory, types: &'static [&'static str]) -> FailingPublisher {
    let left = Mutex::new(types.to_vec());
    FailingPublisher::new(memory, move |ty| {
        let mut left = left.lock().unwrap();
        match left.iter().position(|own| *own == ty) {
            Some(index) => {
                left.remove(index);
                Fault::Refused(TransportErrorKind::Rejected)
            }
            None => Fault::None,
        }
    })
}

/// Handles an event with a function of the number of the run, and returns the stored events.
async fn stored_by(
    memory: &Memory,
    publisher: FailingPublisher,
    send: impl Fn(usize, &Outgoing) -> Result<(), OutgoingError> + Send + Sync + 'static,
) -> Vec<Event> {
    let harness = TestHarness::new();
    let runs = AtomicUsize::new(0);
    let service = harness.sending(move |outgoing| {
        let run = runs.fetch_add(1, Ordering::Relaxed);
        Ok(send(run, outgoing)?)
    });
    let service = service.policy(quick()).outgoing_publisher(publisher);
    let service = Running::start(service).await;
    harness.publish(&event("cause", "1")).await;
    harness.drained().await;
    assert_eq!(service.handle.health().counters().dead_lettered, 0);
    service.stop().await;
    take_all(memory).await
}

fn types(events: &[Event]) -> Vec<&str> {
    let mut types: Vec<&str> = events.iter().map(Event::ty).collect();
    types.sort_unstable();
    types
}

#[tokio::test(start_paused = true)]
async fn an_event_is_not_mistaken_for_the_one_that_was_in_its_place() {
    let memory = Memory::new();
    let publisher = rejecting_once(&memory, &["receipt"]);
    let stored = stored_by(&memory, publisher, |run, outgoing| {
        if run == 0 {
            outgoing.send(&Charged { amount: 7 })?;
        }
        outgoing.send(&receipt())
    });
    assert_eq!(types(&stored.await), ["charged", "receipt"]);
}

#[tokio::test(start_paused = true)]
async fn an_event_with_a_hash_map_is_stored_once() {
    let memory = Memory::new();
    let publisher = rejecting_once(&memory, &["charged", "charged", "charged"]);
    let stored = stored_by(&memory, publisher, |_, outgoing| {
        outgoing.send(&receipt())?;
        outgoing.send(&Charged { amount: 7 })
    });
    assert_eq!(types(&stored.await), ["charged", "receipt"]);
}

#[tokio::test(start_paused = true)]
async fn equal_events_are_distinguished_by_their_ordinal() {
    let memory = Memory::new();
    let publisher = rejecting_once(&memory, &["receipt"]);
    let stored = stored_by(&memory, publisher, |run, outgoing| {
        for _ in 0..=run {
            outgoing.send(&Charged { amount: 7 })?;
        }
        outgoing.send(&receipt())
    });
    assert_eq!(types(&stored.await), ["charged", "charged", "receipt"]);
}

#[tokio::test(start_paused = true)]
async fn a_key_identifies_content_that_differs_each_time() {
    let memory = Memory::new();
    let publisher = rejecting_once(&memory, &["receipt", "receipt"]);
    let stored = stored_by(&memory, publisher, |run, outgoing| {
        outgoing.send_with_key(&Charged { amount: run }, "first")?;
        outgoing.send_with_key(&Charged { amount: run }, "second")?;
        // Another type may use the same key.
        outgoing.send_with_key(&receipt(), "first")
    });
    let stored = stored.await;
    assert_eq!(types(&stored), ["charged", "charged", "receipt"]);
    let first = |event: &Event| Charged::try_from(event).is_ok_and(|own| own.amount == 0);
    assert_eq!(stored.iter().filter(|event| first(event)).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn two_events_with_one_id_are_an_error() {
    let memory = Memory::new();
    let publisher = rejecting_once(&memory, &[]);
    let stored = stored_by(&memory, publisher, |_, outgoing| {
        outgoing.send(&numbered("1", 7))?;
        let error = outgoing.send(&numbered("1", 8)).unwrap_err();
        assert!(matches!(error, OutgoingError::SameId(_)), "{error}");
        // The same event sent twice counts once, even if it was created twice.
        outgoing.send(&numbered("1", 7))?;
        outgoing.send_with_key(&Charged { amount: 7 }, "key")?;
        let error = outgoing.send_with_key(&Charged { amount: 8 }, "key");
        assert!(matches!(error, Err(OutgoingError::SameId(_))));
        // A field that sets the id takes precedence over a key.
        outgoing.send_with_key(&numbered("2", 7), "key")
    });
    let stored = stored.await;
    assert_eq!(types(&stored), ["charged", "numbered", "numbered"]);
    let numbered = stored.iter().filter(|event| event.ty() == "numbered");
    assert!(numbered.map(Event::id).eq(["1", "2"]));
}

#[tokio::test(start_paused = true)]
async fn each_cause_has_its_own_events() {
    let harness = TestHarness::new();
    let out = Memory::new();
    let script = |outgoing: &Outgoing| Ok(outgoing.send(&Charged { amount: 7 })?);
    let service = harness.sending(script).outgoing_publisher(out.clone());
    let _service = Running::start(service).await;
    for id in ["1", "2"] {
        harness.publish(&event("cause", id)).await;
    }
    harness.drained().await;
    assert_eq!(take_all(&out).await.len(), 2);
}

/// A run of a handler: the amounts that it sends, and whether it fails after that.
type Run = (Vec<usize>, bool);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_event_of_the_successful_attempt_is_stored_once(
        runs in prop::collection::vec((prop::collection::vec(0..6_usize, 0..6), any::<bool>()), 1..6),
        faults in prop::collection::vec(0..5_u8, 0..20),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(check(runs, faults));
    }
}

async fn check(runs: Vec<Run>, faults: Vec<u8>) {
    let memory = Memory::new();
    let faults = Mutex::new(faults);
    let publisher = FailingPublisher::new(&memory, move |_| match faults.lock().unwrap().pop() {
        Some(0) => Fault::Refused(TransportErrorKind::Rejected),
        Some(1) => Fault::Refused(TransportErrorKind::Unavailable),
        Some(2) => Fault::Unconfirmed,
        _ => Fault::None,
    });
    let last: Arc<Mutex<Vec<Event>>> = Arc::default();
    let sent = Arc::clone(&last);
    let stored = stored_by(&memory, publisher, move |run, outgoing| {
        let last_run = runs.len() - 1;
        let (amounts, fails) = &runs[run.min(last_run)];
        for amount in amounts {
            match amount {
                0 => outgoing.send(&receipt())?,
                1 => outgoing.send_with_key(&receipt(), "key")?,
                2 => outgoing.send(&numbered("1", 1))?,
                amount => outgoing.send(&Charged { amount: *amount })?,
            }
        }
        if *fails && run < last_run {
            return Err(OutgoingError::Closed);
        }
        *sent.lock().unwrap() = outgoing.events();
        Ok(())
    })
    .await;
    for event in last.lock().unwrap().iter() {
        let of_id: Vec<&Event> = stored.iter().filter(|own| own.id() == event.id()).collect();
        assert_eq!(of_id.len(), 1, "{event} in {stored:?}");
        assert_eq!(of_id[0].ty(), event.ty());
        match Receipt::try_from(event) {
            Ok(receipt) => assert_eq!(Receipt::try_from(of_id[0]).unwrap(), receipt),
            Err(_) => assert_eq!(of_id[0].data(), event.data()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn another_event_with_the_id_of_the_handled_one_is_an_error() {
    let harness = TestHarness::new();
    let service = harness.sending(|outgoing| {
        outgoing.send_event(event("effect", "2"))?;
        Ok(outgoing.send_event(event("effect", "1"))?)
    });
    let service = service.policy(Policy::new().attempts(1));
    let _service = Running::start(service).await;
    harness.publish(&event("cause", "1")).await;
    let letter = harness.dead(1).await.remove(0);
    let stored = take_all(&harness.memory).await;
    assert!(stored.iter().all(|event| event.id() == "1"), "{stored:?}");
    assert_eq!(
        letter.error,
        "the outgoing event effect 1 from /tests has the source and id of the handled one, so the \
         transport would drop it as a duplicate: give it another source or id"
    );
}
