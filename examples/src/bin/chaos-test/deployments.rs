//! Rolling deployments: workers of the former and the new deployment run side by side.

use std::time::Duration;

use eventkit::filter::Filter;
use eventkit::{BoxError, Dispatcher, Event, Policy, Registry};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use crate::environment::{Environment, in_hand};
use crate::events::{Kind, ParcelWeighed};
use crate::handlers::{HANDLERS, INVOICE, LABEL, Label, Work, number_of};
use crate::setup::{Fate, Setup};

static DEPLOYED: Registry = Registry::new("chaos-test-deployed");

/// The number of events of the row with the slowest handler.
const POLICY_EVENTS: u64 = 400;

const ANY_PARCEL: &str = "co.outcome.parcel.*";

/// The change of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Deployment {
    /// `invoice` selects all events of parcels instead of one type.
    Widened,
    /// `invoice` selects one type instead of all events of parcels.
    Narrowed,
    /// The filter of `invoice` accepts another depot.
    Filter,
    /// The `ack_wait` is shorter, and there are fewer attempts.
    Policy,
    /// `label` is added.
    Added,
    /// `label` is removed.
    Removed,
    /// `invoice` is renamed.
    Renamed,
}

/// A generation of workers in a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Generation {
    Old,
    New,
}

impl Deployment {
    /// Registers the handlers of a generation.
    pub(crate) fn dispatcher(
        self,
        generation: Generation,
        work: &Work,
    ) -> Result<Dispatcher, BoxError> {
        let is_new = generation == Generation::New;
        let pattern = match (self, generation) {
            (Self::Widened, Generation::New)
            | (Self::Narrowed, Generation::Old)
            | (Self::Filter, _) => ANY_PARCEL,
            _ => ParcelWeighed::TYPE,
        };
        let name = match (self, generation) {
            (Self::Renamed, Generation::New) => "billing",
            _ => INVOICE,
        };
        let mut invoice = DEPLOYED.with_name(name);
        if name != INVOICE {
            invoice = invoice.formerly(&[INVOICE]);
        }
        if self == Self::Filter {
            let depots = if is_new {
                "'north', 'south'"
            } else {
                "'north'"
            };
            invoice = invoice.filter(Filter::sql(&format!("subject IN ({depots})"))?);
        }
        if self == Self::Policy && is_new {
            invoice = invoice.policy(Policy::new().attempts(3));
        }
        let own = work.clone();
        invoice.register_async(pattern, move |event: Event| {
            let work = own.clone();
            async move { work.invoice(number_of(&event)?).await }
        });
        let has_label = match self {
            Self::Added => is_new,
            Self::Removed => !is_new,
            _ => true,
        };
        if has_label {
            let work = work.clone();
            let label = move |event: &Event| work.label(number_of(event)?);
            DEPLOYED
                .with_name(LABEL)
                .register(ParcelWeighed::TYPE, label);
        }
        Ok(Dispatcher::new(&DEPLOYED).build()?)
    }
}

/// Sets up a deployment in which the events of the second half are only for `invoice`.
fn deploys(setup: &mut Setup, deployment: Deployment) {
    setup.kind = Kind::of_deployment;
    setup.fate = |handler, _, kind| match kind {
        Kind::Sorted(_) if handler == LABEL => Fate::Open,
        _ => Fate::Done,
    };
    setup.worker.deployment = Some((deployment, Generation::Old));
    setup.worker.behaviour.label = Label::Succeeds;
    setup.lasting(Duration::from_secs(8));
}

pub(crate) fn widened(setup: &mut Setup) {
    deploys(setup, Deployment::Widened);
}

pub(crate) fn filter_changed(setup: &mut Setup) {
    deploys(setup, Deployment::Filter);
}

pub(crate) fn narrowed(setup: &mut Setup) {
    deploys(setup, Deployment::Narrowed);
    only_weighed(setup);
}

pub(crate) fn policy_changed(setup: &mut Setup) {
    deploys(setup, Deployment::Policy);
    only_weighed(setup);
    setup.events = POLICY_EVENTS;
    setup.worker.behaviour.label = Label::FailsOnce;
    setup.worker.ack_wait = Duration::from_secs(30);
    // The events that an old worker has received take longer than the `ack_wait` of a new one.
    setup.worker.behaviour.invoice_takes = Duration::from_secs(2);
}

pub(crate) fn handler_added(setup: &mut Setup) {
    deploys(setup, Deployment::Added);
    only_weighed(setup);
}

pub(crate) fn handler_removed(setup: &mut Setup) {
    deploys(setup, Deployment::Removed);
    only_weighed(setup);
}

pub(crate) fn handler_renamed(setup: &mut Setup) {
    deploys(setup, Deployment::Renamed);
    only_weighed(setup);
}

fn only_weighed(setup: &mut Setup) {
    setup.fate = |_, _, kind| match kind {
        Kind::Sorted(_) => Fate::Open,
        _ => Fate::Done,
    };
}

/// Runs both generations side by side, and then only the new one.
pub(crate) async fn roll(row: &mut Environment) -> Result<(), BoxError> {
    start_both(row).await?;
    row.until(3, 4).await?;
    row.terminate_oldest().await?;
    row.allow_mix_ups(1);
    row.until(1, 1).await
}

/// Restarts a worker of the old generation while the new one runs.
pub(crate) async fn roll_and_restart_old(row: &mut Environment) -> Result<(), BoxError> {
    start_both(row).await?;
    row.terminate_oldest().await?;
    start(row, Generation::Old).await?;
    row.until(3, 4).await?;
    // The worker of the new generation stops first, and is restarted.
    row.terminate_oldest().await?;
    sleep(Duration::from_secs(1)).await;
    start(row, Generation::New).await?;
    row.terminate_oldest().await?;
    row.allow_mix_ups(3);
    row.until(1, 1).await
}

/// Shortens the `ack_wait`.
pub(crate) async fn roll_policy(row: &mut Environment) -> Result<(), BoxError> {
    row.publish_all();
    start(row, Generation::Old).await?;
    row.until(1, 4).await?;
    row.setup.worker.ack_wait = Duration::from_secs(2);
    start(row, Generation::New).await?;
    // Only one handler takes longer than the new `ack_wait`.
    let in_hand = in_hand() / HANDLERS.len() as u64;
    let why = "events that the old worker was handling when `ack_wait` was shortened";
    row.allow(1, in_hand, why);
    row.until(3, 4).await?;
    row.terminate_oldest().await?;
    row.allow_mix_ups(1);
    row.until(1, 1).await
}

/// Removes a handler, and adds it again by rolling back.
pub(crate) async fn remove_and_roll_back(row: &mut Environment) -> Result<(), BoxError> {
    start_both(row).await?;
    row.terminate_oldest().await?;
    row.until(1, 2).await?;
    start(row, Generation::Old).await?;
    row.terminate_oldest().await?;
    row.allow_mix_ups(2);
    row.until(1, 1).await
}

/// Publishes the second half of the events while both generations run.
async fn start_both(row: &mut Environment) -> Result<(), BoxError> {
    let (half, all) = (row.setup.events / 2, row.setup.events);
    row.publish(0..half);
    start(row, Generation::Old).await?;
    row.until(1, 8).await?;
    start(row, Generation::New).await?;
    row.publish(half..all);
    Ok(())
}

async fn start(row: &mut Environment, generation: Generation) -> Result<(), BoxError> {
    if let Some((_, own)) = &mut row.setup.worker.deployment {
        *own = generation;
    }
    let ready = row.start_worker()?.ready().await;
    // A former generation may report that it is superseded.
    if generation == Generation::New {
        row.demand_ok(ready);
    }
    Ok(())
}
