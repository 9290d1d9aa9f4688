//! A service: an event from the moment it is stored until it is acknowledged, in memory at first.

use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use eventkit::event::Timestamp;
use eventkit::transport::{Publisher, Transport};
use eventkit::{CloudEvent, Dispatcher, Event, Policy, Registry, handles};
use eventkit_service::Service;
use eventkit_service::memory::Memory;
use serde::{Deserialize, Serialize};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
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

static HANDLED: Handled = Handled::new();

/// Counts what is handled, and wakes the one that waits for a number of it.
#[derive(Debug)]
pub struct Handled {
    count: AtomicU64,
    awaited: AtomicU64,
    is_reached: Notify,
}

impl Handled {
    /// Starts with none.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            count: AtomicU64::new(0),
            awaited: AtomicU64::new(0),
            is_reached: Notify::const_new(),
        }
    }

    /// Counts one.
    pub fn add(&self) {
        let count = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        if count == self.awaited.load(Ordering::Relaxed) {
            self.is_reached.notify_one();
        }
    }

    fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Waits, on the thread on which they are handled.
    async fn reaches(&self, count: u64) {
        self.awaited.store(count, Ordering::Relaxed);
        while self.count() < count {
            self.is_reached.notified().await;
        }
    }
}

impl Default for Handled {
    fn default() -> Self {
        Self::new()
    }
}

#[handles(registry = SERVICE)]
async fn count(stock: &Stock) {
    ready_at_once().await;
    black_box((stock.article, stock.quantity));
    HANDLED.add();
}

/// Is implemented by what consumes events, on a runtime of its own.
pub trait Consumes {
    /// Returns the runtime.
    fn runtime(&self) -> &Runtime;

    /// Returns what counts the events that are handled.
    fn handled(&self) -> &Handled;

    /// Returns the count when all events that were published are handled.
    fn published(&self) -> u64;

    /// Publishes some events, and handles none.
    fn publish(&self, events: u64);
}

/// Is implemented by what events are published to for a service.
pub trait Destination {
    /// Publishes some of the [`stocks`], and lets the service handle none.
    fn publish(&self, runtime: &Runtime, first: u64, count: u64);
}

impl Destination for Memory {
    fn publish(&self, _: &Runtime, first: u64, count: u64) {
        for event in stocks(first, count) {
            ready(Self::publish(self, &event)).expect("room for it");
        }
    }
}

/// Is a service that runs, on a thread that it has for itself.
#[derive(Debug)]
pub struct Running<D> {
    runtime: Runtime,
    destination: D,
    published: Cell<u64>,
    _service: JoinHandle<()>,
}

impl<D> Running<D> {
    /// Starts a service on a transport.
    ///
    /// # Panics
    ///
    /// Where it does not start.
    pub fn start<T>(runtime: Runtime, transport: T, destination: D, policy: Policy) -> Self
    where
        T: Transport + Publisher + Clone + 'static,
    {
        let app = Dispatcher::new(&SERVICE).build().expect("handlers");
        let service = Service::new("performance", &app)
            .transport(transport)
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
            destination,
            // Others have handled theirs before.
            published: Cell::new(HANDLED.count()),
            _service: running,
        }
    }
}

impl<D: Destination> Consumes for Running<D> {
    fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    fn handled(&self) -> &Handled {
        &HANDLED
    }

    fn published(&self) -> u64 {
        self.published.get()
    }

    fn publish(&self, events: u64) {
        let first = self.published.replace(self.published.get() + events);
        self.destination.publish(&self.runtime, first, events);
    }
}

/// Returns a runtime on this thread alone.
///
/// # Panics
///
/// Where the system has none.
#[must_use]
pub fn runtime() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}

/// Returns events with numbers as ids.
///
/// # Panics
///
/// Never: they are valid.
#[must_use]
pub fn stocks(first: u64, count: u64) -> Vec<Event> {
    let stock = |number: u64| {
        let stock = Stock {
            article: 1_000_000,
            quantity: 37,
        };
        let event = stock.event_builder().expect("an event");
        event
            .id(format!("{number:036}"))
            .time("2026-01-31T09:30:00Z".parse::<Timestamp>().expect("a time"))
            .build()
            .expect("an event")
    };
    (first..first + count).map(stock).collect()
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
    running.runtime().block_on(running.handled().reaches(up_to));
}

/// Returns all cases.
#[must_use]
pub fn all() -> Vec<Case> {
    let in_memory = |concurrency| {
        let memory = Memory::builder().capacity(1_000_000).build();
        let policy = Policy::new().concurrency(concurrency);
        Running::start(runtime(), memory.clone(), memory, policy)
    };
    vec![
        consuming("consume in memory, 1 at once", move || in_memory(1)),
        consuming("consume in memory, 16 at once", move || in_memory(16)),
    ]
}
