//! Handlers of all kinds, which record the events that they have handled.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eventkit::{Event, Policy, Registry};
use tokio::task::yield_now;
use tokio::time::sleep;

const NAMES: [&str; 5] = ["sync", "async", "keyed", "single", "breaking"];

/// A registry, and the numbers of the events that each handler has handled.
pub(crate) struct Handlers {
    pub(crate) registry: Registry,
    log: Log,
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<BTreeMap<&'static str, Vec<usize>>>>);

impl Log {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Vec<usize>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, handler: &'static str, event: &Event) {
        let number = event.id().parse().expect("a number");
        self.lock().entry(handler).or_default().push(number);
    }

    /// Records an event, unless its handler fails.
    fn end(&self, handler: &'static str, event: &Event, fails: bool) -> Result<(), &'static str> {
        if fails && one_in(20) {
            return Err("not yet");
        }
        self.note(handler, event);
        Ok(())
    }
}

fn one_in(most: u8) -> bool {
    fastrand::u8(..most) == 0
}

async fn now_and_then(one_in_so_many: u8) {
    if one_in(one_in_so_many) {
        sleep(Duration::from_micros(fastrand::u64(..3_000))).await;
    }
}

impl Handlers {
    pub(crate) fn new(fails: bool) -> Self {
        let (registry, log) = (Registry::new("threads"), Log::default());
        let own = log.clone();
        registry
            .with_name("sync")
            .policy(Policy::new().concurrency(3))
            .register("t", move |event: &Event| own.end("sync", event, fails));
        let own = log.clone();
        registry
            .with_name("async")
            .policy(Policy::new().concurrency(8))
            .register_async("t", move |event: Event| {
                let own = own.clone();
                async move {
                    for _ in 0..fastrand::u8(..4) {
                        yield_now().await;
                    }
                    now_and_then(10).await;
                    own.end("async", &event, fails)
                }
            });
        let own = log.clone();
        registry
            .with_name("keyed")
            .policy(Policy::new().concurrency(4).key("subject"))
            .register_async("t", move |event: Event| {
                let own = own.clone();
                async move {
                    now_and_then(4).await;
                    own.end("keyed", &event, fails)
                }
            });
        let own = log.clone();
        registry
            .with_name("single")
            .policy(Policy::new().concurrency(1))
            .register_async("t", move |event: Event| {
                let own = own.clone();
                async move { own.end("single", &event, fails) }
            });
        let own = log.clone();
        let breaking = Policy::new().circuit_breaker(3, Duration::from_millis(3));
        registry
            .with_name("breaking")
            .policy(breaking.concurrency(2))
            .register_async("*", move |event: Event| {
                let own = own.clone();
                async move {
                    assert!(!fails || !one_in(10), "a handler panics");
                    own.note("breaking", &event);
                }
            });
        Self { registry, log }
    }

    /// Returns whether each handler has handled a number of events.
    pub(crate) fn have_run(&self, events: usize) -> bool {
        let log = self.log.lock();
        let count = |name| log.get(name).map_or(0, Vec::len);
        NAMES.iter().all(|name| count(name) >= events)
    }

    /// Asserts that each handler has handled all events.
    #[track_caller]
    pub(crate) fn assert_all_ran(&self, events: usize) {
        for name in NAMES {
            let numbers: BTreeSet<usize> = self.handled(name).into_iter().collect();
            let missing: Vec<usize> = (0..events).filter(|own| !numbers.contains(own)).collect();
            assert!(missing.is_empty(), "{name} should have handled {missing:?}");
        }
    }

    #[track_caller]
    pub(crate) fn assert_each_ran_once(&self, events: usize) {
        for name in NAMES {
            assert_eq!(self.handled(name).len(), events, "{name}");
        }
    }

    /// Asserts that the ordered handler has handled the events of each key in order.
    #[track_caller]
    pub(crate) fn assert_order(&self, key: impl Fn(usize) -> String) {
        let mut last = BTreeMap::new();
        for number in self.handled("keyed") {
            let before = last.insert(key(number), number);
            assert!(before < Some(number), "{number} after {before:?}");
        }
    }

    fn handled(&self, name: &str) -> Vec<usize> {
        self.log.lock().get(name).cloned().unwrap_or_default()
    }
}
