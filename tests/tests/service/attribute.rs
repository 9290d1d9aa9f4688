//! What stands on `#[handles]` holds in a service.

use std::fmt;
use std::time::Duration;

use anyhow::Context as _;
use eventkit::{Decision, Dispatcher, Event, Failure, HandlerError, Policy, Registry, handles};
use eventkit_service::Service;
use eventkit_service::memory::Memory;
use tokio::time::sleep;

use super::event;
use super::harness::{Running, TestHarness};

static DECLARED: Registry = Registry::new("declared");

#[derive(Debug, HandlerError)]
#[dead_letter]
struct Hopeless;

impl fmt::Display for Hopeless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hopeless")
    }
}

impl std::error::Error for Hopeless {}

fn order_of(event: &Event) -> Option<String> {
    event.subject().map(str::to_owned)
}

#[handles(
    "many",
    registry = DECLARED,
    name = "every-setting",
    retry(attempts = 4, initial_delay = "250ms", max_delay = "2h"),
    timeout = "5m",
    concurrency = 3,
    key = order_of,
    circuit_breaker(max_failures = 7, reset_timeout = "30s"),
    on_exhausted = "drop"
)]
async fn many(_event: &Event) -> Result<(), Hopeless> {
    Err(Hopeless)
}

#[handles("plain", registry = DECLARED, key = "partitionkey", on_exhausted = "dead_letter")]
fn plain(_event: &Event) -> Result<(), Hopeless> {
    Err(Hopeless)
}

#[handles("slow", registry = DECLARED, retry(attempts = 1), timeout = "2s")]
async fn slow(_event: &Event) {
    sleep(Duration::from_secs(3)).await;
}

fn policy_of(name: &str) -> String {
    let mut found = String::new();
    DECLARED.handlers().for_each(|handler| {
        if handler.name().ends_with(name) {
            found = format!("{:?} {:?}", handler.durable_name(), handler.policy());
        }
    });
    found
}

#[test]
fn every_setting_arrives() {
    let policy = Policy::new()
        .attempts(4)
        .initial_delay(Duration::from_millis(250))
        .max_delay(Duration::from_hours(2))
        .timeout(Duration::from_mins(5))
        .concurrency(3)
        .key_with(order_of)
        .circuit_breaker(7, Duration::from_secs(30))
        .on_exhausted(eventkit::OnExhausted::Drop);
    assert_eq!(
        policy_of("::many"),
        format!("Some(\"every-setting\") {policy:?}")
    );
    let policy = Policy::new()
        .key("partitionkey")
        .on_exhausted(eventkit::OnExhausted::DeadLetter);
    assert_eq!(policy_of("::plain"), format!("None {policy:?}"));
}

#[tokio::test(start_paused = true)]
async fn a_declared_handler_keeps_to_its_policy_and_its_error_decides() {
    let memory = Memory::new();
    let app = Dispatcher::new(&DECLARED).build().unwrap();
    let service = Service::new("tests", &app).transport(memory.clone());
    let service = Running::start(service).await;
    let harness = TestHarness::on(memory);
    for ty in ["many", "plain", "slow"] {
        harness.publish(&event(ty, ty)).await;
    }
    let mut letters: Vec<String> = harness
        .dead(3)
        .await
        .iter()
        .map(|letter| {
            format!(
                "{} {} {}",
                letter.subscription, letter.attempts, letter.error
            )
        })
        .collect();
    letters.sort();
    assert_eq!(
        letters,
        [
            "tests--every-setting 1 hopeless",
            "tests--service-attribute-plain 1 hopeless",
            "tests--service-attribute-slow 1 took longer than 2s",
        ]
    );
    assert_eq!(service.handle.health().counters().retried, 0);
}

#[test]
fn a_dispatch_in_the_process_shows_what_the_error_decides() {
    let error = DECLARED.dispatch(&event("plain", "1")).unwrap_err();
    let (_, failure) = error.report().unwrap().failures().next().unwrap();
    assert!(matches!(
        failure,
        Failure::Error { error, decision: Some(Decision::DeadLetter) } if error.is::<Hopeless>()
    ));
    assert_eq!(failure.to_string(), "hopeless");
}

static DECIDED: Registry = Registry::new("decided behind anyhow");

#[handles("placed", registry = DECIDED)]
async fn give_up_behind_anyhow(_event: &Event) -> anyhow::Result<()> {
    Err(Hopeless).context("shipping")
}

#[tokio::test(start_paused = true)]
async fn a_decision_is_kept_through_anyhow() {
    let harness = TestHarness::new();
    let app = Dispatcher::new(&DECIDED).build().unwrap();
    let service = Service::new("tests", &app).transport(harness.memory.clone());
    let _service = Running::start(service).await;
    harness.publish(&event("placed", "1")).await;
    let letters = harness.dead(1).await;
    assert_eq!(
        (letters[0].attempts, letters[0].error.as_str()),
        (1, "shipping: hopeless")
    );
}
