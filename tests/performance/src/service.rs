//! A service in memory: an event from the moment it is stored until it is acknowledged.

use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use eventkit::event::Timestamp;
use eventkit::{CloudEvent, Dispatcher, Event, Policy, Registry, handles};
use eventkit_service::Service;
use eventkit_service::memory::Memory;
use serde::{Deserialize, Serialize};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::callgrind::ROUNDS;
use crate::case::Case;
use crate::dispatch::{ready, ready_at_once};

/// How many events are consumed in a run.
const EVENTS: u64 = 100;

/// Is an event whose data takes no allocation to decode: what is counted is the service.
#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.stock", source = "/stock")]
struct Stock {
    article: u64,
    quantity: u32,
}

static SERVICE: Registry = Registry::new("service");

static HANDLED: AtomicU64 = AtomicU64::new(0);

#[handles(registry = SERVICE)]
async fn count(stock: &Stock) {
    ready_at_once().await;
    black_box((stock.article, stock.quantity));
    HANDLED.fetch_add(1, Ordering::Relaxed);
}

/// Is implemented by what consumes events, on a runtime of its own.
pub trait Consumes {
    /// Returns the runtime.
    fn runtime(&self) -> &Runtime;

    /// Returns how many events have been handled.
    fn handled(&self) -> u64;

    /// Returns how many events have been published.
    fn published(&self) -> u64;

    /// Publishes some events, and handles none.
    fn publish(&self, events: u64);
}

/// Is a service that runs, on a thread that it has for itself.
struct Running {
    runtime: Runtime,
    memory: Memory,
    published: Cell<u64>,
    /// How many events others had handled before.
    first: u64,
    _service: JoinHandle<()>,
}

impl Running {
    fn start(policy: Policy) -> Self {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let memory = Memory::builder().capacity(1_000_000).build();
        let app = Dispatcher::new(&SERVICE).build().expect("handlers");
        let service = Service::new("performance", &app)
            .transport(memory.clone())
            .policy(policy)
            .build()
            .expect("a service");
        let handle = service.handle();
        let running = runtime.spawn(async move {
            let ended = service.run_until(std::future::pending()).await;
            ended.expect("a service that is not stopped");
        });
        runtime.block_on(handle.ready());
        Self {
            runtime,
            memory,
            published: Cell::new(0),
            first: HANDLED.load(Ordering::Relaxed),
            _service: running,
        }
    }
}

impl Consumes for Running {
    fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    fn handled(&self) -> u64 {
        HANDLED.load(Ordering::Relaxed) - self.first
    }

    fn published(&self) -> u64 {
        self.published.get()
    }

    fn publish(&self, events: u64) {
        for _ in 0..events {
            let number = self.published.get();
            self.published.set(number + 1);
            let stock = Stock {
                article: 1_000_000,
                quantity: 37,
            };
            let event = stock.event_builder().expect("an event");
            let event: Event = event
                .id(format!("{number:036}"))
                .time("2026-01-31T09:30:00Z".parse::<Timestamp>().expect("a time"))
                .build()
                .expect("an event");
            ready(self.memory.publish(&event)).expect("room for it");
        }
    }
}

/// Returns a case of events that are there when it begins.
///
/// # Panics
///
/// Where it is run before it is prepared.
pub fn consuming<R: Consumes + 'static>(name: &str, start: impl Fn() -> R + 'static) -> Case {
    let running: Rc<RefCell<Option<R>>> = Rc::default();
    let target = Rc::new(Cell::new(0));
    let (prepared, aim) = (Rc::clone(&running), Rc::clone(&target));
    Case::new(name, move || {
        aim.set(aim.get() + EVENTS);
        let running = running.borrow();
        consume(running.as_ref().expect("it is prepared"), aim.get());
    })
    .prepared(move || {
        let mut running = prepared.borrow_mut();
        let running = running.get_or_insert_with(&start);
        // What earlier runs have left would be counted with this one.
        consume(running, running.published());
        target.set(running.published());
        running.publish(ROUNDS * EVENTS);
    })
    .operations(EVENTS)
}

fn consume(running: &impl Consumes, up_to: u64) {
    running.runtime().block_on(async {
        while running.handled() < up_to {
            tokio::task::yield_now().await;
        }
    });
}

/// Returns all cases.
#[must_use]
pub fn all() -> Vec<Case> {
    vec![
        consuming("consume in memory, 1 at once", || {
            Running::start(Policy::new().concurrency(1))
        }),
        consuming("consume in memory, 16 at once", || {
            Running::start(Policy::new().concurrency(16))
        }),
    ]
}
