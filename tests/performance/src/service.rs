//! A service: an event from its storage to its acknowledgement, in memory.

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

/// The number of events consumed in a run.
const EVENTS: u64 = 100;

/// An event whose data is decoded without allocations, so that only the service is counted.
#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.stock", source = "/stock")]
struct Stock {
    article: u64,
    quantity: u32,
}

static SERVICE: Registry = Registry::new("service");

static HANDLED: Handled = Handled::new();

/// A counter of handled events, which wakes a task that waits for a number of them.
#[derive(Debug)]
pub struct Handled {
    count: AtomicU64,
    awaited: AtomicU64,
    is_reached: Notify,
}

impl Handled {
    /// Creates a counter of zero.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            count: AtomicU64::new(0),
            awaited: AtomicU64::new(0),
            is_reached: Notify::const_new(),
        }
    }

    /// Counts an event.
    pub fn add(&self) {
        let count = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        if count == self.awaited.load(Ordering::Relaxed) {
            self.is_reached.notify_one();
        }
    }

    fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Waits for a number of events, on the thread on which they are handled.
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

/// A consumer of events on its own runtime.
pub trait Consumes {
    /// Returns the runtime.
    fn runtime(&self) -> &Runtime;

    /// Returns the counter of handled events.
    fn handled(&self) -> &Handled;

    /// Returns the count at which all published events are handled.
    fn published(&self) -> u64;

    /// Publishes events without handling them.
    fn publish(&self, events: u64);
}

/// A destination of events for a service.
pub trait Destination {
    /// Publishes some of the [`stocks`] without letting the service handle them.
    fn publish(&self, runtime: &Runtime, first: u64, count: u64);
}

impl Destination for Memory {
    fn publish(&self, _: &Runtime, first: u64, count: u64) {
        for event in stocks(first, count) {
            ready(Self::publish(self, &event)).expect("the store should have capacity");
        }
    }
}

/// A running service that is alone on its thread.
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
    /// Panics if the service does not start.
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
            ended.expect("the service should not stop");
        });
        runtime.block_on(handle.ready());
        Self {
            runtime,
            destination,
            // Other services have handled events before.
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

/// Returns a single-threaded runtime.
///
/// # Panics
///
/// Panics if the system cannot create one.
#[must_use]
pub fn runtime() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}

/// Returns events with numbers as ids.
///
/// # Panics
///
/// Panics if an event is invalid, which they are not.
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

/// Returns a case in which all events are stored before the measurement.
///
/// # Panics
///
/// Panics if it is run before it is prepared.
pub fn consuming<R: Consumes + 'static>(name: &str, start: impl Fn() -> R + 'static) -> Case {
    let running: Rc<RefCell<Option<R>>> = Rc::default();
    let target = Rc::new(Cell::new(0));
    let (prepared, aim) = (Rc::clone(&running), Rc::clone(&target));
    Case::new(name, move || {
        aim.set(aim.get() + EVENTS);
        let running = running.borrow();
        consume(
            running.as_ref().expect("the case should be prepared"),
            aim.get(),
        );
    })
    .prepared(move || {
        let mut running = prepared.borrow_mut();
        let running = running.get_or_insert_with(&start);
        // Events of earlier runs must not be counted in this one.
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
