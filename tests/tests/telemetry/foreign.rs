//! Trace contexts of other programs: malformed, not sampled, and many at once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use eventkit::{BoxError, Event, Outgoing, Policy, Registry, handles};
use eventkit_service::memory::Memory;

use super::receiver::{Telemetry, start};

/// The value of `traceparent` of each relayed event, by its subject.
static RELAYED: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

static RELAY: Registry = Registry::new("telemetry-relay");

/// Sends an event, on which other tasks run meanwhile; some handlers panic instead.
#[handles("relay.in", registry = RELAY, name = "relay")]
async fn relay(event: &Event, outgoing: Outgoing) -> Result<(), BoxError> {
    tokio::task::yield_now().await;
    assert!(!event.id().ends_with("panics"), "an event that panics");
    let relayed = Event::builder().source("/tests").ty("relay.out");
    outgoing.send_event(relayed.subject(event.id()).build()?)?;
    Ok(())
}

#[handles("relay.out", registry = RELAY, name = "note")]
fn note(event: &Event) {
    let subject = event.subject().unwrap_or_default().to_owned();
    let parent = event.extension("traceparent").map(ToString::to_string);
    let mut relayed = RELAYED.lock().unwrap_or_else(PoisonError::into_inner);
    relayed.insert(subject, parent.unwrap_or_default());
}

fn event(id: &str, parent: &str) -> Event {
    let event = Event::builder().id(id).source("/tests").ty("relay.in");
    event.extension("traceparent", parent).build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_of_other_programs_are_neither_mixed_nor_trusted() {
    let Some(telemetry) = Telemetry::shared() else {
        return;
    };
    let memory = Memory::new();
    let service = start(&RELAY, "relay", |service| {
        service
            .transport(memory.clone())
            .policy(Policy::new().attempts(1))
    })
    .await;
    let trace = |at: u64| format!("{:032x}", 0xabcd_0000 + at);
    for at in 0..60 {
        let id = match at % 3 {
            0 => format!("relay-{at}-panics"),
            _ => format!("relay-{at}"),
        };
        // Every second trace is not sampled.
        let parent = format!("00-{}-00f067aa0ba902b7-{:02x}", trace(at), at % 2);
        memory.publish(&event(&id, &parent)).await.unwrap();
    }
    let malformed = [
        "garbage",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
    ];
    for (at, parent) in malformed.iter().enumerate() {
        let id = format!("relay-malformed-{at}");
        memory.publish(&event(&id, parent)).await.unwrap();
    }
    let later = event("relay-later", malformed[0]).to_builder();
    let later = later.extension(
        "traceparent",
        format!("01-{}-00f067aa0ba902b7-01-more", trace(99)),
    );
    memory.publish(&later.build().unwrap()).await.unwrap();
    service
        .wait_for(|health| {
            let counters = health.counters();
            counters.succeeded == 2 * 47 && counters.dead_lettered == 20
        })
        .await;
    service.stop().await;

    let relayed = RELAYED.lock().unwrap().clone();
    assert_eq!(relayed.len(), 47);
    for at in (0..60).filter(|at| at % 3 != 0) {
        let parent = &relayed[&format!("relay-{at}")];
        let parts: Vec<&str> = parent.split('-').collect();
        assert_eq!(parts[1], trace(at), "{parent}");
        assert_ne!(parts[2], "00f067aa0ba902b7");
        // The decision of the sampler goes on.
        assert_eq!(parts[3], format!("{:02x}", at % 2), "{parent}");
    }
    let processed = telemetry.spans(37, |span| {
        span.event_id().starts_with("relay-") && span.operation() == "process"
    });
    let processed = processed.await;
    // 30 of them are sampled, and so are those with a trace of their own.
    assert_eq!(processed.len(), 37, "{processed:#?}");
    for span in processed {
        let id = span.event_id();
        let is_malformed = id.contains("malformed");
        assert_eq!(span.parent_id.is_empty(), is_malformed, "{span:#?}");
        if is_malformed {
            let parent = &relayed[id];
            assert!(parent.contains(&span.trace_id), "{parent}: {span:#?}");
        }
        if id == "relay-later" {
            assert_eq!(span.trace_id, trace(99));
        }
        let error = if id.ends_with("panics") { "panic" } else { "" };
        assert_eq!(span.attribute("error.type"), error);
    }
}
