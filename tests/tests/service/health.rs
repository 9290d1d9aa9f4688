//! Health reports whether a service makes progress, and if not, why.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use eventkit::event::Timestamp;
use eventkit::transport::{Subscription, Transport};
use eventkit::{Decision, Dispatcher, Event, Failure, Policy};
use eventkit_service::{
    Health, LastError, NotReadyReason, Service, ServiceBuilder, SubscriptionHealth,
};
use tokio::time::sleep;

use super::distant::Distant;
use super::event;
use super::harness::{Running, TestHarness, wait_until};

/// A handler that fails for a number of runs.
fn failing(harness: &TestHarness, failures: u32) {
    let (log, runs) = (harness.log.clone(), AtomicU32::new(0));
    harness
        .registry
        .with_name("h")
        .register("t", move |event: &Event| {
            log.note(event.id());
            if runs.fetch_add(1, Ordering::Relaxed) < failures {
                return Err("no");
            }
            Ok(())
        });
}

fn on(harness: &TestHarness, transport: &Distant) -> ServiceBuilder {
    let app = Dispatcher::new(&harness.registry).build().unwrap();
    Service::new("tests", &app).transport(transport.clone())
}

fn distant(harness: &TestHarness) -> Distant {
    Distant::new(harness.memory.clone(), Duration::from_millis(20))
}

fn own(mut health: Health) -> SubscriptionHealth {
    health.subscriptions.remove(0)
}

/// Waits until the only reason for not being ready is of a kind, and returns the error.
async fn not_ready(
    service: &Running,
    error: impl Fn(&NotReadyReason) -> Option<&LastError>,
) -> (LastError, String) {
    let health = service.handle.wait_for(|health| !health.is_ready());
    let reasons = own(health.await).not_ready_reasons();
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    let found = error(&reasons[0]).unwrap_or_else(|| panic!("{reasons:?}"));
    (found.clone(), reasons[0].to_string())
}

#[tokio::test(start_paused = true)]
async fn denied_settlements_are_reported_until_one_is_confirmed() {
    let harness = TestHarness::new();
    failing(&harness, 0);
    let transport = distant(&harness);
    let service = Running::start(on(&harness, &transport)).await;
    transport.denies_settlements.store(true, Ordering::Relaxed);
    harness.publish(&event("t", "1")).await;
    let (error, reason) = not_ready(&service, |reason| match reason {
        NotReadyReason::Settlement(error) => Some(error),
        _ => None,
    })
    .await;
    assert_eq!(error.message, "no permission to settle");
    assert!(reason.contains("the permission to acknowledge"), "{reason}");
    // The error stays as long as the cause.
    for _ in 0..20 {
        sleep(Duration::from_mins(1)).await;
        assert!(!service.handle.is_ready());
    }
    assert!(own(service.handle.health()).last_progress.is_none());
    transport.denies_settlements.store(false, Ordering::Relaxed);
    service.handle.ready().await;
    harness.drained().await;
    assert!(own(service.handle.health()).last_progress.is_some());
    assert_eq!(harness.log.lines(), ["1"]);
}

#[tokio::test(start_paused = true)]
async fn a_settlement_that_another_process_confirms_clears_the_error() {
    let harness = TestHarness::new();
    failing(&harness, 0);
    let transport = distant(&harness);
    let service = Running::start(on(&harness, &transport)).await;
    transport.denies_settlements.store(true, Ordering::Relaxed);
    harness.publish(&event("t", "1")).await;
    service.handle.wait_for(|health| !health.is_ready()).await;
    // The message is not redelivered to this process.
    let types = ["t", "eventkit.replay.tests--h"];
    let subscription = Subscription::new("tests--h", types);
    let mut other = harness.memory.subscribe(&subscription).await.unwrap();
    wait_until(|| !harness.memory.is_empty()).await;
    let message = other.next();
    let settled = async {
        loop {
            let health = own(service.handle.health());
            if health.counters.unconfirmed > 1 {
                break;
            }
            sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::select! {
        message = message => message.unwrap().unwrap().handle.ack().await.unwrap(),
        () = settled => transport.denies_settlements.store(false, Ordering::Relaxed),
    }
    service.handle.ready().await;
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_cannot_be_recorded_is_kept_and_reported() {
    let harness = TestHarness::new();
    failing(&harness, 1);
    let transport = distant(&harness);
    let service = Running::start(on(&harness, &transport)).await;
    transport.denies_records.store(true, Ordering::Relaxed);
    harness.publish(&event("t", "1")).await;
    let (error, reason) = not_ready(&service, |reason| match reason {
        NotReadyReason::Records(error) => Some(error),
        _ => None,
    })
    .await;
    assert_eq!(error.message, "no permission for records");
    assert!(
        reason.contains("where the transport stores records"),
        "{reason}"
    );
    sleep(Duration::from_hours(1)).await;
    assert_eq!(harness.log.lines(), ["1"]);
    assert_eq!(own(service.handle.health()).counters.in_flight, 1);
    transport.denies_records.store(false, Ordering::Relaxed);
    harness.drained().await;
    assert!(service.handle.is_ready());
    assert_eq!(harness.log.lines(), ["1", "1"]);
}

#[tokio::test(start_paused = true)]
async fn no_handler_runs_while_records_cannot_be_loaded() {
    let harness = TestHarness::new();
    failing(&harness, 1);
    let transport = distant(&harness);
    let service = Running::start(on(&harness, &transport)).await;
    harness.publish(&event("t", "1")).await;
    wait_until(|| own(service.handle.health()).delayed == 1).await;
    transport.denies_records.store(true, Ordering::Relaxed);
    sleep(Duration::from_hours(1)).await;
    assert!(own(service.handle.health()).record_error.is_some());
    assert_eq!(harness.log.lines(), ["1"]);
    transport.denies_records.store(false, Ordering::Relaxed);
    harness.drained().await;
    assert!(service.handle.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_does_not_wait_for_a_record() {
    let harness = TestHarness::new();
    failing(&harness, 1);
    let transport = distant(&harness);
    let service = Running::start(on(&harness, &transport)).await;
    transport.denies_records.store(true, Ordering::Relaxed);
    harness.publish(&event("t", "1")).await;
    service.handle.wait_for(|health| !health.is_ready()).await;
    let stopped = service.stop().await;
    assert_eq!((stopped.released, stopped.abandoned), (1, 0));
    // The event is a suspect now, which counts no attempt.
    transport.denies_records.store(false, Ordering::Relaxed);
    let service = Running::start(on(&harness, &transport)).await;
    harness.drained().await;
    assert_eq!(own(service.handle.health()).counters.dead_lettered, 0);
}

#[tokio::test(start_paused = true)]
async fn a_service_is_not_idle_while_an_event_waits_for_a_retry() {
    let harness = TestHarness::new();
    failing(&harness, 3);
    let service = harness.start().await;
    harness.publish(&event("t", "1")).await;
    let received = |health: &Health| health.counters().received > 0;
    service.handle.wait_for(received).await;
    let health = service.handle.wait_for(Health::is_idle).await;
    assert_eq!(health.counters().succeeded, 1);
    assert_eq!(own(health).delayed, 0);
    assert!(harness.memory.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_service_is_not_idle_before_all_published_events_are_handled() {
    let harness = TestHarness::new();
    let log = harness.log.clone();
    let first = harness.registry.with_name("first");
    first.register_async("t", |event: Event| async move {
        sleep(Duration::from_millis(5)).await;
        let id = format!("after {}", event.id());
        event.to_builder().ty("u").id(id).build().unwrap()
    });
    let then = harness.registry.with_name("then");
    then.register("u", move |event: &Event| log.note(event.id()));
    let service = harness.service().build().unwrap();
    let handle = service.handle();
    let running = tokio::spawn(service.run_until(std::future::pending()));
    for id in 0..40 {
        harness.publish(&event("t", id.to_string())).await;
    }
    // The service is not idle before it has connected, or between the two handlers.
    handle.wait_for(Health::is_idle).await;
    assert_eq!(harness.log.lines().len(), 40);
    // The service is not idle while an event waits for its delivery.
    harness.publish(&event("t", "40")).await;
    assert!(!handle.health().is_idle());
    handle.wait_for(Health::is_idle).await;
    assert_eq!(harness.log.lines().len(), 41);
    handle.stop();
    running.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn health_displays_what_an_operator_should_do() {
    let harness = TestHarness::new();
    failing(&harness, 0);
    let transport = distant(&harness);
    let service = Running::start(on(&harness, &transport)).await;
    let printed = service.handle.health().to_string();
    assert_eq!(printed, "tests--h on distant: ready; warning: far away");
    harness.memory.close();
    let health = service.handle.wait_for(|health| !health.is_ready()).await;
    let reason = own(health.clone()).not_ready_reasons().remove(0);
    assert_eq!(
        health.to_string(),
        format!("tests--h on distant: not ready: {reason}; warning: far away")
    );
}

#[tokio::test(start_paused = true)]
async fn an_event_that_another_process_retries_is_not_delayed_forever() {
    let harness = TestHarness::new();
    failing(&harness, 1);
    let service = harness.start().await;
    harness.publish(&event("t", "1")).await;
    wait_until(|| own(service.handle.health()).delayed == 1).await;
    // The event was delivered before, so it does not count as lag.
    assert_eq!(own(service.handle.health()).lag, Some(0));
    let other = harness.start().await;
    service.handle.stop();
    harness.drained().await;
    assert_eq!(own(other.handle.health()).counters.succeeded, 1);
    service.handle.wait_for(Health::is_idle).await;
}

#[tokio::test(start_paused = true)]
async fn the_delay_of_an_event_that_another_process_retries_starts_anew() {
    let harness = TestHarness::new();
    let runs = AtomicU32::new(0);
    let registration = harness.registry.with_name("h");
    registration.register("t", move |event: &Event| {
        if runs.fetch_add(1, Ordering::Relaxed) >= 2 {
            return Ok(());
        }
        let is_long = event.id() == "long";
        let after = is_long.then_some(Duration::from_hours(24));
        Err(Failure::Error {
            error: "no".into(),
            decision: Some(Decision::Retry { after }),
        })
    });
    let service = harness.start().await;
    for (id, delayed) in [("long", 1), ("short", 2)] {
        harness.publish(&event("t", id)).await;
        wait_until(|| own(service.handle.health()).delayed == delayed).await;
    }
    let _other = harness.start().await;
    service.handle.stop();
    wait_until(|| own(service.handle.health()).delayed == 1).await;
    assert!(!harness.memory.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_handler_whose_permits_are_all_held_by_overdue_runs_is_stalled() {
    static HANGS: AtomicBool = AtomicBool::new(true);
    let harness = TestHarness::new();
    let log = harness.log.clone();
    harness
        .registry
        .with_name("stuck")
        .policy(Policy::new().concurrency(2))
        .register("t", move |event: &Event| {
            log.note(event.id());
            while HANGS.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
        });
    let service = harness.start().await;
    for (id, stalled) in [("1", false), ("2", true)] {
        harness.publish(&event("t", id)).await;
        // Paused time does not advance by itself while a thread is blocked.
        while !harness.log.lines().contains(&id.to_owned()) {
            tokio::task::yield_now().await;
        }
        for _ in 0..40 {
            tokio::time::advance(Duration::from_secs(1)).await;
            tokio::task::yield_now().await;
        }
        assert_eq!(own(service.handle.health()).stalled, stalled);
        assert_eq!(service.handle.is_ready(), !stalled);
    }
    let reasons = own(service.handle.health()).not_ready_reasons();
    assert_eq!(reasons, [NotReadyReason::Stalled { overdue: 2 }]);
    assert!(reasons[0].to_string().ends_with("restart the process"));
    HANGS.store(false, Ordering::Relaxed);
    service.handle.ready().await;
    harness.drained().await;
}

#[tokio::test(start_paused = true)]
async fn health_includes_the_status_of_the_transport() {
    let harness = TestHarness::new();
    failing(&harness, 0);
    let transport = distant(&harness);
    let service = on(&harness, &transport).build().unwrap();
    let handle = service.handle();
    for id in ["1", "2", "3"] {
        harness.publish(&event("t", id)).await;
    }
    let types = ["t", "eventkit.replay.tests--h"];
    harness
        .memory
        .prepare(&[Subscription::new("tests--h", types)]);
    let health = own(handle.health());
    assert_eq!((health.lag, health.superseded), (Some(3), false));
    assert_eq!(health.warnings, ["far away"]);
    let before = Timestamp::now();
    let running = tokio::spawn(service.run_until(std::future::pending()));
    harness.drained().await;
    let health = own(handle.health());
    assert_eq!(health.lag, Some(0));
    let progress = health.last_progress.unwrap().to_utc();
    assert!((before.to_utc() - progress).num_milliseconds() <= 1);
    handle.stop();
    running.await.unwrap().unwrap();
    // Health does not keep the transport open.
    drop(transport);
    assert_eq!(own(handle.health()).lag, None);
}

#[tokio::test(start_paused = true)]
async fn each_state_has_a_reason() {
    let harness = TestHarness::new();
    failing(&harness, 0);
    let service = harness.service().build().unwrap();
    let reasons = own(service.handle().health()).not_ready_reasons();
    assert!(
        reasons[0]
            .to_string()
            .starts_with("not connected yet; check")
    );
    drop(service);
    let service = harness.start().await;
    harness.memory.close();
    let health = service.handle.wait_for(|health| !health.is_ready()).await;
    let reason = own(health).not_ready_reasons().remove(0).to_string();
    assert!(
        reason.contains("the memory transport is closed"),
        "{reason}"
    );
    assert!(reason.starts_with("the consumer was lost"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn the_heartbeat_follows_the_ack_wait_of_the_broker() {
    let harness = TestHarness::new();
    let log = harness.log.clone();
    harness
        .registry
        .with_name("h")
        .policy(Policy::new().timeout(Duration::from_hours(1)))
        .register_async("t", move |event: Event| {
            log.note(event.id());
            sleep(Duration::from_mins(10))
        });
    let service = Running::start(harness.service().ack_wait(Duration::from_mins(5))).await;
    // A later deployment shortens `ack_wait`.
    let types = ["t", "eventkit.replay.tests--h"];
    let mut shorter = Subscription::new("tests--h", types);
    shorter.ack_wait = Duration::from_secs(5);
    harness.memory.prepare(&[shorter]);
    harness.publish(&event("t", "1")).await;
    harness.drained().await;
    assert_eq!(harness.log.lines(), ["1"]);
    assert_eq!(own(service.handle.health()).counters.received, 1);
}
