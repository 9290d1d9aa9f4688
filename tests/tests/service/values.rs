//! Values that a service decodes for a handler.

use std::sync::atomic::{AtomicUsize, Ordering};

use eventkit::{CloudEvent, Dispatcher, Event, Registry, State, handles};
use eventkit_service::Service;
use eventkit_service::memory::Memory;
use serde::{Deserialize, Deserializer, Serialize};

use super::harness::{Log, Running, TestHarness, wait_until};

static VALUES: Registry = Registry::new("values");

static ALIVE: AtomicUsize = AtomicUsize::new(0);

/// A value that is counted while it exists.
#[derive(Debug)]
struct Counted;

impl Drop for Counted {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        assert!(text != "panic", "a field cannot be decoded");
        ALIVE.fetch_add(1, Ordering::Relaxed);
        Ok(Self)
    }
}

impl Serialize for Counted {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("counted")
    }
}

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "counted", source = "/values")]
struct Parcel {
    number: u32,
    #[allow(dead_code, reason = "it is there to be dropped")]
    counted: Counted,
}

#[handles(registry = VALUES, concurrency = 1, retry(attempts = 1))]
async fn borrow(parcel: &Parcel, State(log): State<Log>) {
    // The previous value was dropped.
    assert_eq!(ALIVE.load(Ordering::Relaxed), 1);
    log.note(format!("{}", parcel.number));
}

fn parcel(number: u32, counted: &str) -> Event {
    let data = serde_json::json!({ "number": number, "counted": counted });
    let event = Event::builder().source("/values").ty(Parcel::TYPE);
    let event = event.id(number.to_string()).data_json(&data).unwrap();
    event.build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_value_is_dropped_after_its_event_and_a_panic_of_decoding_is_a_failure() {
    let (memory, log) = (Memory::new(), Log::default());
    let app = Dispatcher::new(&VALUES).state(log.clone()).build().unwrap();
    let service = Service::new("tests", &app).transport(memory.clone());
    let running = Running::start(service).await;
    for (number, counted) in [(1, "a"), (2, "panic"), (3, "b"), (4, "c")] {
        memory.publish(&parcel(number, counted)).await.unwrap();
    }
    wait_until(|| log.lines().len() == 3).await;
    let harness = TestHarness {
        registry: Registry::new("tests"),
        memory,
        log,
    };
    let dead = harness.dead(1).await;
    assert_eq!(ALIVE.load(Ordering::Relaxed), 0);
    assert_eq!(harness.log.lines(), ["1", "3", "4"]);
    assert_eq!(
        (dead[0].event().unwrap().id(), &*dead[0].error),
        ("2", "panicked: a field cannot be decoded")
    );
    running.stop().await;
}
