//! Consumers that are lost come back, and health says how it is.

use std::time::Duration;

use eventkit::Event;
use eventkit::service::{ServiceHandle, SubscriptionHealth, SubscriptionState};
use tokio::time::{Instant, sleep};

use super::event;
use super::rig::{Rig, Running};

fn noting(rig: &Rig) {
    let log = rig.log.clone();
    rig.registry
        .named("h")
        .register("t", move |event: &Event| log.note(event.id()));
}

async fn in_state(handle: &ServiceHandle, state: SubscriptionState) -> SubscriptionHealth {
    let mut health = handle
        .wait_for(|health| health.subscriptions[0].state == state)
        .await;
    health.subscriptions.remove(0)
}

#[tokio::test(start_paused = true)]
async fn a_consumer_resumes_after_the_broker_was_away() {
    let rig = Rig::new();
    noting(&rig);
    let service = rig.start().await;
    rig.publish(&event("t", "1")).await;
    rig.drained().await;
    for round in 2..5 {
        rig.memory.close();
        let lost = in_state(&service.handle, SubscriptionState::Lost).await;
        assert!(!lost.is_ready() && !service.handle.is_ready());
        assert_eq!(
            lost.last_error.unwrap().message,
            "the memory transport is closed"
        );
        sleep(Duration::from_hours(1)).await;
        rig.memory.reopen();
        rig.publish(&event("t", round.to_string())).await;
        let start = Instant::now();
        rig.drained().await;
        assert!(start.elapsed() <= Duration::from_secs(30));
        let back = in_state(&service.handle, SubscriptionState::Running).await;
        assert!(back.is_ready() && service.handle.is_ready());
        assert!(back.last_error.is_some());
    }
    assert_eq!(rig.log.lines(), ["1", "2", "3", "4"]);
}

#[tokio::test(start_paused = true)]
async fn a_short_loss_is_mended_in_a_short_time() {
    let rig = Rig::new();
    noting(&rig);
    let service = rig.start().await;
    rig.memory.disconnect();
    in_state(&service.handle, SubscriptionState::Lost).await;
    let start = Instant::now();
    in_state(&service.handle, SubscriptionState::Running).await;
    assert!(start.elapsed() <= Duration::from_millis(100));
}

#[tokio::test(start_paused = true)]
async fn a_service_waits_for_a_broker_that_is_not_there_yet() {
    let rig = Rig::new();
    noting(&rig);
    rig.memory.close();
    let service = rig.service().build().unwrap();
    let handle = service.handle();
    assert_eq!(
        handle.health().subscriptions[0].state,
        SubscriptionState::Connecting
    );
    let running = tokio::spawn(service.run_until(std::future::pending()));
    sleep(Duration::from_hours(1)).await;
    assert!(!running.is_finished() && !handle.is_ready());
    rig.memory.reopen();
    handle.ready().await;
    rig.publish(&event("t", "1")).await;
    rig.drained().await;
    handle.stop();
    running.await.unwrap();
    let health = handle.health();
    assert_eq!(health.subscriptions[0].state, SubscriptionState::Stopped);
    assert!(!health.is_ready());
}

#[tokio::test(start_paused = true)]
async fn health_names_each_subscription() {
    let rig = Rig::new();
    noting(&rig);
    let service = Running::start(rig.service()).await;
    let health = service.handle.health();
    let own = &health.subscriptions[0];
    assert_eq!(
        (own.name.as_str(), own.transport.as_str()),
        ("tests--h", "memory")
    );
    assert!(own.handler.contains("noting"), "{}", own.handler);
}
