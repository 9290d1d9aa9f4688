//! Faults of worker processes.

use std::time::Duration;

use eventkit::BoxError;
use tokio::time::sleep;

use crate::environment::{Environment, in_hand};
use crate::events::Kind;
use crate::handlers::{HANDLERS, INVOICE, Label};
use crate::setup::{Fate, Setup};
use crate::trap::Trap;
use crate::worker::ACK_WAIT;

/// How often a process is killed or stopped, in rows with a few faults.
const TIMES: u64 = 4;

/// How often in rows with many faults.
const MANY_TIMES: u64 = 50;

/// The event whose handler aborts the process, and the number of events in its row.
const CRASHER: u64 = 100;
const CRASHER_EVENTS: u64 = 200;

/// The number of events that a handler of that row handles concurrently.
const CRASHER_CONCURRENCY: u16 = 4;

/// The maximum number of times that the event may abort its process.
const MAX_CRASHES: u64 = 40;

pub(crate) const KILLED: &str = "events that a killed worker had handled but not acknowledged";

/// Runs all events on one worker, without a fault.
pub(crate) async fn work(row: &mut Environment) -> Result<(), BoxError> {
    row.publish_all();
    row.start_worker()?;
    row.until(1, 1).await
}

pub(crate) fn panics_for_a_few(setup: &mut Setup) {
    setup.worker.behaviour.label = Label::PanicsOnce;
}

pub(crate) async fn killed_before_ack(row: &mut Environment) -> Result<(), BoxError> {
    kill_trapped(row, |trap| &mut trap.after).await
}

pub(crate) async fn killed_in_handler(row: &mut Environment) -> Result<(), BoxError> {
    kill_trapped(row, |trap| &mut trap.before).await
}

/// Kills a worker each time a handler reaches a certain event.
async fn kill_trapped(
    row: &mut Environment,
    side: fn(&mut Trap) -> &mut Vec<u64>,
) -> Result<(), BoxError> {
    row.publish_all();
    let mut numbers: Vec<u64> = (1..=TIMES)
        .map(|time| row.setup.events * time / (TIMES + 1))
        .collect();
    while !numbers.is_empty() {
        side(&mut row.setup.worker.behaviour.trap).clone_from(&numbers);
        row.start_worker()?;
        let number = loop {
            row.done()?;
            if let Some(number) = row.newest()?.trapped() {
                break number;
            }
            sleep(Duration::from_millis(20)).await;
        };
        row.take_oldest()?.kill().await?;
        row.allow(1, in_hand(), KILLED);
        numbers.retain(|own| *own != number);
    }
    row.setup.worker.behaviour.trap = Trap::default();
    row.start_worker()?;
    row.until(1, 1).await
}

/// Kills one of three workers several times, and starts another one.
pub(crate) async fn one_of_three_killed(row: &mut Environment) -> Result<(), BoxError> {
    row.publish_all();
    for _ in 0..3 {
        row.start_worker()?.ready().await?;
    }
    for time in 1..=TIMES {
        row.until(time, TIMES + 1).await?;
        row.take_oldest()?.kill().await?;
        row.allow(1, in_hand(), KILLED);
        row.start_worker()?;
    }
    row.until(1, 1).await
}

pub(crate) async fn terminated(row: &mut Environment) -> Result<(), BoxError> {
    row.publish_all();
    row.start_worker()?;
    for time in 1..=TIMES {
        row.until(time, TIMES + 1).await?;
        row.terminate_oldest().await?;
        row.start_worker()?;
    }
    row.allow_mix_ups(TIMES);
    row.until(1, 1).await
}

pub(crate) async fn join_and_leave(row: &mut Environment) -> Result<(), BoxError> {
    row.publish_all();
    row.start_worker()?;
    row.start_worker()?;
    for time in 1..=4 {
        row.until(time, 5).await?;
        if time % 2 == 1 {
            row.start_worker()?;
        } else {
            row.terminate_oldest().await?;
        }
    }
    row.allow_mix_ups(2);
    row.until(1, 1).await
}

/// Freezes one of two workers for longer than the broker waits for acknowledgements.
pub(crate) async fn frozen(row: &mut Environment) -> Result<(), BoxError> {
    row.publish_all();
    row.start_worker()?;
    row.start_worker()?.ready().await?;
    for time in 1..=2 {
        row.until(time, 4).await?;
        let mut worker = row.take_oldest()?;
        worker.started().await?;
        worker.signal("STOP").await?;
        sleep(ACK_WAIT + Duration::from_secs(2)).await;
        worker.signal("CONT").await?;
        row.workers.push(worker);
        row.allow(1, in_hand(), "events that a frozen worker was handling");
    }
    row.until(1, 1).await
}

/// Sets a maximum of one attempt, so that an attempt counted by mistake causes a dead letter.
pub(crate) fn one_attempt(setup: &mut Setup) {
    setup.worker.attempts = 1;
    setup.worker.behaviour.label = Label::Succeeds;
    // The number of faults is fixed, and there is work until the last one. More events would only
    // take longer.
    setup.events = MANY_TIMES * 8;
    setup.worker.behaviour.invoice_takes = Duration::from_millis(800);
    setup.worker.behaviour.label_takes = Duration::from_millis(50);
}

/// Sets a maximum of one attempt like [`one_attempt`], with handlers that are much faster than the kills.
///
/// RabbitMQ delivers the events of a killed worker again at once, so that the next worker runs them as
/// suspects. One that could never finish would be taken for the reason of the kills.
pub(crate) fn one_short_attempt(setup: &mut Setup) {
    one_attempt(setup);
    setup.worker.concurrency = 2;
    setup.worker.behaviour.invoice_takes = Duration::from_millis(100);
}

pub(crate) async fn terminated_often(row: &mut Environment) -> Result<(), BoxError> {
    row.publish_all();
    for _ in 0..MANY_TIMES {
        row.start_worker()?.ready().await?;
        row.done()?;
        sleep(Duration::from_millis(100)).await;
        row.terminate_oldest().await?;
    }
    row.allow_mix_ups(MANY_TIMES);
    row.start_worker()?;
    row.until(1, 1).await
}

pub(crate) async fn killed_often(row: &mut Environment) -> Result<(), BoxError> {
    row.publish_all();
    for _ in 0..MANY_TIMES {
        row.start_worker()?.ready().await?;
        row.done()?;
        sleep(Duration::from_millis(500)).await;
        row.take_oldest()?.kill().await?;
    }
    // Handlers are much slower than acknowledgements, so that few acknowledgements are in flight
    // during a kill.
    row.allow(MANY_TIMES, 1, KILLED);
    row.start_worker()?;
    row.until(1, 1).await
}

pub(crate) fn one_event_aborts(setup: &mut Setup) {
    setup.events = CRASHER_EVENTS;
    setup.kind = Kind::healthy;
    setup.fate = |handler, number, _| match (handler, number) {
        (INVOICE, CRASHER) => Fate::Dead,
        _ => Fate::Done,
    };
    setup.worker.ack_wait = Duration::from_secs(2);
    setup.worker.concurrency = CRASHER_CONCURRENCY;
    setup.worker.behaviour.aborts_at = Some(CRASHER);
    setup.worker.behaviour.label = Label::Succeeds;
    setup.lasting(Duration::from_millis(500));
}

/// Restarts a worker after each crash, until there are no more crashes.
pub(crate) async fn crash(row: &mut Environment) -> Result<(), BoxError> {
    row.publish_all();
    row.start_worker()?;
    let (mut crashes, mut quiet) = (0, 0);
    let is_quiet = row.setup.worker.ack_wait.as_millis() / 100 * 3;
    while quiet < is_quiet && crashes < MAX_CRASHES {
        sleep(Duration::from_millis(100)).await;
        row.done()?;
        quiet += 1;
        if row.newest()?.has_ended()? {
            row.take_oldest()?;
            row.start_worker()?;
            (crashes, quiet) = (crashes + 1, 0);
        }
    }
    row.demand(
        crashes < MAX_CRASHES,
        format!("an event has aborted its process {crashes} times"),
    );
    let each = HANDLERS.len() as u64 * u64::from(CRASHER_CONCURRENCY);
    let why = "events that a crashed worker had handled but not acknowledged";
    row.allow(crashes, each, why);
    row.until(1, 1).await
}
