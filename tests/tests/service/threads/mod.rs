//! Services on several threads and in real time. Every handler gets every event, whatever happens
//! during startup, operation and shutdown.

mod handlers;

use std::time::Duration;

use eventkit::{Dispatcher, Event, Policy, Registry};
use eventkit_service::memory::{Faults, Memory};
use eventkit_service::{RunError, Service, ServiceHandle, ShutdownReport};
use fastrand::Rng;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use self::handlers::Handlers;

const EVENTS: usize = 200;
const PUBLISHERS: usize = 2;
/// A time limit that no test comes close to.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running service.
struct Running {
    handle: ServiceHandle,
    task: JoinHandle<Result<ShutdownReport, RunError>>,
}

impl Running {
    fn start(handlers: &Handlers, memory: &Memory) -> Self {
        let app = Dispatcher::new(&handlers.registry).build().unwrap();
        let hasty = Policy::new()
            .attempts(u32::MAX)
            .initial_delay(Duration::from_millis(1))
            .max_delay(Duration::from_millis(5));
        let service = Service::new("threads", &app)
            .transport(memory.clone())
            .ack_wait(Duration::from_millis(300))
            .policy(hasty)
            .build()
            .unwrap();
        Self {
            handle: service.handle(),
            task: tokio::spawn(service.run_until(std::future::pending())),
        }
    }

    /// Shuts the service down, and asserts that no message is abandoned.
    async fn stop(self) {
        self.handle.stop();
        let stopped = self.task.await.unwrap().unwrap();
        let counters = self.handle.health().counters();
        assert_eq!((stopped.abandoned, counters.in_flight), (0, 0));
        assert_eq!(counters.dead_lettered, 0);
    }

    /// Aborts the service, as the end of its process would.
    async fn crash(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
        assert_eq!(self.handle.health().counters().dead_lettered, 0);
    }
}

fn event(number: usize) -> Event {
    let event = Event::builder().source("/tests").ty("t");
    let event = event.id(number.to_string()).subject(key(number));
    event.build().unwrap()
}

/// Returns the key of an event. Publishers do not share keys.
fn key(number: usize) -> String {
    format!("{}-{}", number % PUBLISHERS, number / PUBLISHERS % 3)
}

async fn publish(memory: Memory, publisher: usize) {
    for number in (publisher..EVENTS).step_by(PUBLISHERS) {
        let event = event(number);
        while memory.publish(&event).await.is_err() {
            sleep(Duration::from_micros(100)).await;
        }
        if number % 32 < PUBLISHERS {
            sleep(Duration::from_micros(500)).await;
        }
    }
}

/// Waits until no message is stored.
async fn drained(memory: &Memory, service: &Running) {
    let start = Instant::now();
    while !memory.is_empty() {
        let health = || service.handle.health();
        assert!(start.elapsed() < PATIENCE, "{memory:?}: {:#?}", health());
        sleep(Duration::from_millis(1)).await;
    }
}

/// Starts services that shut down, crash, or lose their connection after a short time.
async fn trouble(handlers: &Handlers, memory: &Memory, rng: &mut Rng) {
    for _ in 0..rng.u8(1..5) {
        let service = Running::start(handlers, memory);
        let beside = rng.bool().then(|| Running::start(handlers, memory));
        sleep(Duration::from_micros(rng.u64(0..20_000))).await;
        if rng.u8(..4) == 0 {
            memory.disconnect();
        }
        if rng.bool() {
            service.stop().await;
        } else {
            service.crash().await;
        }
        if let Some(beside) = beside {
            beside.stop().await;
        }
    }
}

/// The faults of a round.
#[derive(Debug, Clone, Copy)]
struct Round {
    seed: u64,
    /// Handlers fail and panic.
    fails: bool,
    /// The transport has faults.
    faults: bool,
    /// Services start and stop.
    trouble: bool,
}

impl Round {
    async fn run(self) {
        let mut rng = Rng::with_seed(self.seed);
        let handlers = Handlers::new(self.fails);
        let memory = Memory::builder().faults(self.faults()).build();
        let publishers: Vec<_> = (0..PUBLISHERS)
            .map(|publisher| tokio::spawn(publish(memory.clone(), publisher)))
            .collect();
        if self.trouble {
            trouble(&handlers, &memory, &mut rng).await;
        }
        let service = Running::start(&handlers, &memory);
        for publisher in publishers {
            publisher.await.unwrap();
        }
        drained(&memory, &service).await;
        service.stop().await;
        handlers.assert_all_ran(EVENTS);
        if !self.faults && !self.trouble {
            handlers.assert_each_ran_once(EVENTS);
            handlers.assert_order(key);
        }
    }

    fn faults(self) -> Faults {
        let faults = Faults::seeded(self.seed);
        if !self.faults {
            return faults;
        }
        faults
            .duplicate(0.05)
            .reorder(0.1)
            .delay(0.1, Duration::from_millis(5))
            .drop_ack(0.03)
            .crash_before_ack(0.01)
            .refuse_publish(0.03)
            .lose_confirmation(0.03)
            .disconnect(0.002)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn every_handler_gets_every_event_under_faults() {
    for seed in 0..16 {
        let round = Round {
            seed,
            fails: seed & 1 != 0,
            faults: seed & 2 != 0,
            trouble: seed & 4 != 0,
        };
        println!("{round:?}");
        round.run().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn every_handler_gets_events_published_during_startup() {
    for _ in 0..1_000 {
        let handlers = Handlers::new(false);
        let memory = Memory::new();
        let service = Running::start(&handlers, &memory);
        for number in 0..2 {
            memory.publish(&event(number)).await.unwrap();
        }
        while !handlers.have_run(2) {
            let stuck = memory.is_empty() && service.handle.is_ready() && !handlers.have_run(2);
            assert!(!stuck, "{:#?}", service.handle.health());
            tokio::task::yield_now().await;
        }
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_has_received_an_event_is_not_idle_before_it_has_handled_it() {
    static REGISTRY: Registry = Registry::new("idle");
    REGISTRY
        .with_name("h")
        .register_async("t", |_: Event| tokio::task::yield_now());
    let memory = Memory::new();
    let app = Dispatcher::new(&REGISTRY).build().unwrap();
    let service = Service::new("idle", &app).transport(memory.clone());
    let service = service.build().unwrap();
    let handle = service.handle();
    let running = tokio::spawn(service.run_until(std::future::pending()));
    for number in 1..=5000 {
        let event = Event::builder().source("/tests").ty("t").build().unwrap();
        memory.publish(&event).await.unwrap();
        let idle = handle
            .wait_for(|health| health.is_idle() && health.counters().received >= number)
            .await;
        assert!(idle.is_ready());
        assert_eq!(handle.health().counters().succeeded, number);
    }
    handle.stop();
    running.await.unwrap().unwrap();
}
