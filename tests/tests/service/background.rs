//! Tasks that run beside the handlers, and how they end.

use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use eventkit::transport::BoxFuture;
use eventkit::{BoxError, Event};
use eventkit_service::{BackgroundTask, ServiceHandle, TaskHealth};
use tokio::time::{sleep, timeout};

use super::event;
use super::harness::{LONG, TestHarness};

/// How a task ends after a while.
#[derive(Debug, Clone, Copy)]
enum End {
    Stopped,
    Returned,
    Failed,
    Panicked,
    /// Once it is stopped.
    FailedAtLast,
}

/// A task that ends as it is told to.
#[derive(Debug)]
struct Ending(End);

/// An error with a cause.
#[derive(Debug)]
struct Burned(std::num::ParseIntError);

impl fmt::Display for Burned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the books burned")
    }
}

impl std::error::Error for Burned {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn burned() -> BoxError {
    Burned("x".parse::<u8>().unwrap_err()).into()
}

impl BackgroundTask for Ending {
    fn run<'a>(&'a self, stop: BoxFuture<'a, ()>) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async move {
            if matches!(self.0, End::Stopped | End::FailedAtLast) {
                stop.await;
            } else {
                sleep(Duration::from_secs(5)).await;
            }
            match self.0 {
                End::Stopped | End::Returned => Ok(()),
                End::Failed | End::FailedAtLast => Err(burned()),
                End::Panicked => panic!("no books"),
            }
        })
    }

    fn health(&self) -> TaskHealth {
        TaskHealth::new("books")
    }
}

fn books(handle: &ServiceHandle) -> String {
    handle.health().background[0].to_string()
}

#[tokio::test(start_paused = true)]
async fn a_task_that_ends_before_the_service_is_not_ready_and_says_why() {
    for (end, reason) in [
        (End::Returned, "ended before the service"),
        (
            End::Failed,
            "the books burned: invalid digit found in string",
        ),
        (End::Panicked, "panicked: no books"),
    ] {
        let harness = TestHarness::new();
        let log = harness.log.clone();
        harness
            .registry
            .with_name("h")
            .register("t", move |event: &Event| log.note(event.id()));
        let service = harness.service().background(Ending(end)).build().unwrap();
        let handle = service.handle();
        let running = tokio::spawn(service.run_until(std::future::pending()));
        handle.ready().await;
        assert_eq!(books(&handle), "books: ready");
        // The end wakes whoever waits for the health to change.
        let ended = handle.wait_for(|health| !health.is_ready());
        timeout(LONG, ended).await.unwrap();
        let expected = format!("books: not ready: {reason}");
        assert_eq!(books(&handle), expected);
        // The handlers go on, and the task is not started again.
        harness.publish(&event("t", "1")).await;
        harness.drained().await;
        assert_eq!(harness.log.lines(), ["1"]);
        sleep(Duration::from_hours(1)).await;
        assert_eq!(books(&handle), expected);
        handle.stop();
        running.await.unwrap().unwrap();
        assert_eq!(books(&handle), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_stopped_has_not_failed_unless_it_says_so() {
    for (end, expected) in [
        (End::Stopped, "books: ready"),
        (
            End::FailedAtLast,
            "books: not ready: the books burned: invalid digit found in string",
        ),
    ] {
        let harness = TestHarness::new();
        harness
            .registry
            .with_name("h")
            .register("t", |_: &Event| {});
        let service = harness.service().background(Ending(end)).build().unwrap();
        let handle = service.handle();
        let running = tokio::spawn(service.run_until(std::future::pending()));
        handle.ready().await;
        handle.stop();
        running.await.unwrap().unwrap();
        assert_eq!(books(&handle), expected);
    }
}

/// A task that panics while it has locked what its health is in.
#[derive(Debug, Default)]
struct Poisoned(Mutex<u64>);

impl BackgroundTask for Poisoned {
    fn run<'a>(&'a self, _: BoxFuture<'a, ()>) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async {
            sleep(Duration::from_secs(5)).await;
            let _backlog = self.0.lock().unwrap();
            panic!("no books")
        })
    }

    fn health(&self) -> TaskHealth {
        let mut health = TaskHealth::new("books");
        health.backlog = *self.0.lock().unwrap();
        health
    }
}

#[tokio::test(start_paused = true)]
async fn the_health_of_a_task_that_panicked_is_there_although_the_task_cannot_tell_it() {
    let harness = TestHarness::new();
    harness
        .registry
        .with_name("h")
        .register("t", |_: &Event| {});
    let service = harness.service().background(Poisoned::default());
    let service = service.build().unwrap();
    let handle = service.handle();
    let running = tokio::spawn(service.run_until(std::future::pending()));
    handle.ready().await;
    let ended = handle.wait_for(|health| !health.is_ready());
    timeout(LONG, ended).await.unwrap();
    assert_eq!(books(&handle), "books: not ready: panicked: no books");
    handle.stop();
    running.await.unwrap().unwrap();
}
