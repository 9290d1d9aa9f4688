//! Nothing is lost while connections are closed, workers come and go, and deployments change.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eventkit::transport::Subscription;
use eventkit::{Dispatcher, Event, Policy, Registry};
use eventkit_rabbitmq::RabbitMqBuilder;
use eventkit_service::{RunError, Service, ServiceHandle, ShutdownReport};
use tokio::sync::Barrier;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::{PATIENCE, event, next, publish, subscribe, until};
use crate::node::Node;

const COUNT: usize = 1_000;
const CONCURRENCY: usize = 16;

/// How often each handler has done each event.
type Done = Arc<Mutex<BTreeMap<(&'static str, String), usize>>>;

/// A worker, as a process of its own: it has its own connections.
struct Worker {
    handle: ServiceHandle,
    running: JoinHandle<Result<ShutdownReport, RunError>>,
}

impl Worker {
    async fn start(builder: &RabbitMqBuilder, done: &Done, pattern: &str) -> Self {
        let registry = Registry::new("tests");
        for name in ["one", "two"] {
            let done = Arc::clone(done);
            let registration = registry.with_name(name);
            registration.register(pattern, move |event: &Event| {
                let key = (name, event.id().to_owned());
                *done.lock().unwrap().entry(key).or_default() += 1;
            });
        }
        let app = Dispatcher::new(&registry).build().unwrap();
        let policy = Policy::new().concurrency(CONCURRENCY);
        let service = Service::new("tests", &app)
            .transport(builder.clone().open().await.unwrap())
            .policy(policy);
        let service = service.build().unwrap();
        let handle = service.handle();
        let running = tokio::spawn(service.run_until(pending()));
        let ready = timeout(PATIENCE, handle.ready()).await;
        ready.expect("it is ready");
        Self { handle, running }
    }

    async fn stop(self) {
        self.handle.stop();
        let stopped = timeout(PATIENCE, self.running).await.expect("it stops");
        let stopped = stopped.unwrap().unwrap();
        assert_eq!(stopped.abandoned, 0, "{stopped:?}");
        assert_eq!(self.handle.health().counters().dead_lettered, 0);
    }
}

/// Publishes events in the background, of each type in turn.
fn send(builder: &RabbitMqBuilder, types: &'static [&'static str]) -> JoinHandle<()> {
    let builder = builder.clone();
    tokio::spawn(async move {
        // The broker may not answer yet.
        let rabbitmq = loop {
            if let Ok(rabbitmq) = builder.clone().open().await {
                break rabbitmq;
            }
        };
        for number in 0..COUNT {
            let ty = types[number % types.len()];
            let event = event(ty, &number.to_string()).build().unwrap();
            publish(&rabbitmq, &event).await;
            sleep(Duration::from_millis(3)).await;
        }
    })
}

fn close_all_connections(node: &Node) {
    let server = node.server().unwrap();
    let _ = server.control(&["close_all_connections", "a test"]);
}

/// Waits until both handlers have done everything, and returns how often something was done again.
async fn again(done: &Done) -> usize {
    until(|| done.lock().unwrap().len() == 2 * COUNT).await;
    let done = done.lock().unwrap();
    done.values().map(|times| times - 1).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_while_connections_are_closed_and_workers_come_and_go() {
    const CUTS: usize = 5;
    let node = Node::alone();
    let Some((builder, _)) = node.exchange() else {
        return;
    };
    let done = Done::default();
    let mut workers = Vec::new();
    for _ in 0..3 {
        workers.push(Worker::start(&builder, &done, "t").await);
    }
    let sender = send(&builder, &["t"]);
    for _ in 0..CUTS {
        sleep(Duration::from_millis(400)).await;
        close_all_connections(&node);
        workers.remove(0).stop().await;
        workers.push(Worker::start(&builder, &done, "t").await);
    }
    let sent = timeout(PATIENCE, sender).await;
    sent.expect("all are published").unwrap();
    // What is done again was in hand when a connection ended, or was published again.
    let again = again(&done).await;
    assert!(
        again <= CUTS * 3 * 2 * (CONCURRENCY + 1),
        "{again} done again"
    );
    for worker in workers {
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_a_deployment_widens_its_patterns_beside_the_old_one() {
    let node = Node::shared();
    let Some((builder, _)) = node.exchange() else {
        return;
    };
    let done = Done::default();
    let old = [
        Worker::start(&builder, &done, "t.a").await,
        Worker::start(&builder, &done, "t.a").await,
    ];
    let new = Worker::start(&builder, &done, "t.*").await;
    until(|| {
        let health = old[0].handle.health();
        health.subscriptions.iter().all(|own| own.superseded)
    })
    .await;
    let sender = send(&builder, &["t.a", "t.b"]);
    sleep(Duration::from_millis(500)).await;
    let [first, second] = old;
    first.stop().await;
    let sent = timeout(PATIENCE, sender).await;
    sent.expect("all are published").unwrap();
    let again = again(&done).await;
    assert!(again <= 2, "{again} done again");
    second.stop().await;
    new.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_while_the_broker_does_not_answer() {
    let node = Node::alone();
    let Some((builder, _)) = node.exchange() else {
        return;
    };
    let builder = builder
        .heartbeat(Duration::from_secs(1))
        .timeout(Duration::from_secs(2));
    let done = Done::default();
    let workers = [
        Worker::start(&builder, &done, "t").await,
        Worker::start(&builder, &done, "t").await,
    ];
    let sender = send(&builder, &["t"]);
    sleep(Duration::from_millis(500)).await;
    node.server().unwrap().pause();
    // Only missing heartbeats tell the workers that their connections are lost.
    until(|| {
        workers
            .iter()
            .all(|worker| !worker.handle.health().is_ready())
    })
    .await;
    node.server().unwrap().resume();
    let sent = timeout(PATIENCE, sender).await;
    sent.expect("all are published").unwrap();
    // What was in hand, and what was published again because its confirmation did not come.
    let again = again(&done).await;
    assert!(again <= 2 * 2 * (CONCURRENCY + 10), "{again} done again");
    for worker in workers {
        worker.stop().await;
    }
}

/// Receives a message, and returns it with each delay at the same time as the other processes.
async fn return_together(builder: RabbitMqBuilder, others: Arc<Barrier>) {
    let rabbitmq = builder.open().await.unwrap();
    let mut subscription = Subscription::new("s", ["t"]);
    subscription.max_in_flight = 1;
    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    others.wait().await;
    // The delays of queues that no process has declared before.
    for delay in [64, 128, 256, 512].map(Duration::from_millis) {
        let incoming = next(&mut *consumer).await;
        others.wait().await;
        incoming.handle.nack(delay).await.unwrap();
    }
    let incoming = next(&mut *consumer).await;
    incoming.handle.ack().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_while_processes_declare_the_same_delay_queues() {
    const PROCESSES: usize = 6;
    let node = Node::shared();
    for _ in 0..4 {
        let Some((builder, _)) = node.exchange() else {
            return;
        };
        let ready = Arc::new(Barrier::new(PROCESSES));
        let mut processes = JoinSet::new();
        let rabbitmq = builder.clone().open().await.unwrap();
        subscribe(&rabbitmq, &Subscription::new("s", ["t"])).await;
        for number in 0..PROCESSES {
            let event = event("t", &number.to_string()).build().unwrap();
            publish(&rabbitmq, &event).await;
            processes.spawn(return_together(builder.clone(), Arc::clone(&ready)));
        }
        processes.join_all().await;
    }
}
