//! A service starts all of its handlers together, even if their subscriptions open slowly.

use std::time::Duration;

use eventkit::transport::{BoxFuture, Consumer, Subscription, Transport, TransportError};
use eventkit::{Dispatcher, Event};
use eventkit_service::Service;
use eventkit_service::memory::Memory;
use tokio::time::{sleep, timeout};

use super::event;
use super::harness::{LONG, TestHarness, forward_publisher, wait_until};

/// A transport that opens some subscriptions late.
#[derive(Debug, Clone)]
struct Slow(Memory);

forward_publisher!(Slow, 0);

impl Transport for Slow {
    fn name(&self) -> &'static str {
        "slow"
    }

    fn prepare(&self, subscriptions: &[Subscription]) {
        self.0.prepare(subscriptions);
    }

    fn subscribe<'a>(
        &'a self,
        subscription: &'a Subscription,
    ) -> BoxFuture<'a, Result<Box<dyn Consumer>, TransportError>> {
        Box::pin(async {
            if subscription.name.ends_with("late") {
                sleep(Duration::from_secs(20)).await;
            }
            self.0.subscribe(subscription).await
        })
    }
}

#[tokio::test(start_paused = true)]
async fn events_published_during_startup_reach_every_handler() {
    let harness = TestHarness::new();
    for name in ["early", "late"] {
        let log = harness.log.clone();
        harness
            .registry
            .with_name(name)
            .register("t", move |event: &Event| {
                log.note(format!("{name} {}", event.id()));
            });
    }
    let app = Dispatcher::new(&harness.registry).build().unwrap();
    let slow = Slow(harness.memory.clone());
    harness.publish(&event("t", "before")).await;
    let service = Service::new("tests", &app).transport(slow).build().unwrap();
    let handle = service.handle();
    let running = tokio::spawn(service.run_until(std::future::pending()));
    wait_until(|| harness.log.lines().len() == 1).await;
    harness.publish(&event("t", "between")).await;
    wait_until(|| harness.log.lines().len() == 2).await;
    assert_eq!(harness.log.sorted(), ["early before", "early between"]);
    // Both events were settled by the subscriptions that are open.
    handle.ready().await;
    harness.drained().await;
    let all = [
        "early before",
        "early between",
        "late before",
        "late between",
    ];
    assert_eq!(harness.log.sorted(), all);
    handle.stop();
    running.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn handlers_of_different_transports_start_independently() {
    let harness = TestHarness::new();
    let log = harness.log.clone();
    harness
        .registry
        .with_name("late")
        .register("t", move |event: &Event| log.note(event.id()));
    let app = Dispatcher::new(&harness.registry).build().unwrap();
    let closed = Memory::new();
    closed.close();
    let service = Service::new("tests", &app)
        .transport(harness.memory.clone())
        .transport(closed.clone());
    let service = service.build().unwrap();
    let handle = service.handle();
    let running = tokio::spawn(service.run_until(std::future::pending()));
    harness.publish(&event("t", "1")).await;
    harness.drained().await;
    assert!(!handle.is_ready());
    closed.reopen();
    closed.publish(&event("t", "2")).await.unwrap();
    wait_until(|| harness.log.lines().len() == 2).await;
    assert_eq!(harness.log.lines(), ["1", "2"]);
    handle.stop();
    running.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_waiter_for_a_counter_is_woken() {
    let harness = TestHarness::new();
    harness
        .registry
        .with_name("h")
        .register("t", |event: &Event| match event.id() {
            "good" => Ok(()),
            _ => Err("never"),
        });
    let service = harness.start().await;
    let handle = service.handle.clone();
    let waiting = tokio::spawn(async move {
        let health = handle.wait_for(|health| health.counters().succeeded == 1);
        health.await;
        let health = handle.wait_for(|health| health.counters().retried == 2);
        health.await;
        let idle = handle.wait_for(|health| health.counters().in_flight == 0);
        idle.await.counters()
    });
    tokio::task::yield_now().await;
    harness.publish(&event("t", "good")).await;
    harness.publish(&event("t", "bad")).await;
    let counters = timeout(LONG, waiting).await;
    assert_eq!(
        counters
            .expect("the waiter should be woken")
            .unwrap()
            .retried,
        2
    );
}
