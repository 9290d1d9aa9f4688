//! The two handlers, and how they fail.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{fmt, io};

use eventkit::{BoxError, Event, HandlerError, Registry, State, handles};
use eventkit_service::Outgoing;
use serde::{Deserialize, Serialize};

use crate::effects::Effects;
use crate::events::{ParcelSorted, ParcelWeighed, ReceiptPrinted};
use crate::trap::Trap;

pub(crate) static CHAOS_TEST: Registry = Registry::new("chaos-test");

/// The names of the handlers at the broker and in the effects.
pub(crate) const HANDLERS: [&str; 2] = [INVOICE, LABEL];
pub(crate) const INVOICE: &str = "invoice";
pub(crate) const LABEL: &str = "label";

/// How the handlers of a worker behave.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Behaviour {
    /// The average duration of `invoice`.
    pub(crate) invoice_takes: Duration,
    /// The average duration of `label`.
    pub(crate) label_takes: Duration,
    pub(crate) label: Label,
    /// Whether `invoice` sends a receipt.
    pub(crate) sends_receipts: bool,
    /// The event at which `invoice` aborts its process.
    pub(crate) aborts_at: Option<u64>,
    pub(crate) trap: Trap,
}

/// How `label` fails, by default for one event in a hundred.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Label {
    #[default]
    Succeeds,
    /// It fails the first time its process sees the event.
    FailsOnce,
    /// It panics the first time its process sees the event.
    PanicsOnce,
    /// It always declines one event in ten.
    Declines,
}

/// Returns whether `label` may decline an event.
pub(crate) fn is_declined(number: u64) -> bool {
    number % 10 == 7
}

/// The state of the handlers.
#[derive(Debug, Clone)]
pub(crate) struct Work(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    effects: Effects,
    behaviour: Behaviour,
    /// The events for which `label` has failed.
    failed: Mutex<HashSet<u64>>,
}

#[derive(Debug, HandlerError)]
pub(crate) enum WorkError {
    #[retry]
    PrinterBusy,
    #[dead_letter]
    Declined,
    #[retry]
    Disk(io::Error),
    #[retry]
    Receipt(BoxError),
    #[dead_letter]
    Data(BoxError),
}

impl fmt::Display for WorkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PrinterBusy => f.write_str("the printer is busy"),
            Self::Declined => f.write_str("the parcel is declined"),
            Self::Disk(error) => write!(f, "failed to write the effect: {error}"),
            Self::Receipt(error) => write!(f, "failed to send the receipt: {error}"),
            Self::Data(error) => write!(f, "failed to read the number of the parcel: {error}"),
        }
    }
}

impl std::error::Error for WorkError {}

#[handles(registry = CHAOS_TEST, name = "invoice")]
async fn invoice(
    parcel: &ParcelWeighed,
    State(work): State<Work>,
    outgoing: Outgoing,
) -> Result<(), WorkError> {
    if work.0.behaviour.sends_receipts {
        let receipt = ReceiptPrinted {
            number: parcel.number,
        };
        let sent = outgoing.send(&receipt);
        sent.map_err(|error| WorkError::Receipt(error.into()))?;
    }
    work.invoice(parcel.number).await
}

#[handles(registry = CHAOS_TEST, name = "label")]
fn label(parcel: &ParcelWeighed, State(work): State<Work>) -> Result<(), WorkError> {
    work.label(parcel.number)
}

impl Work {
    pub(crate) fn new(effects: Effects, behaviour: Behaviour) -> Self {
        Self(Arc::new(Inner {
            effects,
            behaviour,
            failed: Mutex::default(),
        }))
    }

    /// Always succeeds, so that its own failures cause no repeated effects.
    pub(crate) async fn invoice(&self, number: u64) -> Result<(), WorkError> {
        let behaviour = &self.0.behaviour;
        behaviour.trap.before(number).await;
        if behaviour.aborts_at == Some(number) {
            std::process::abort();
        }
        tokio::time::sleep(jittered(behaviour.invoice_takes, number)).await;
        self.note(INVOICE, number)?;
        behaviour.trap.after(number).await;
        Ok(())
    }

    /// A handler that blocks its thread.
    pub(crate) fn label(&self, number: u64) -> Result<(), WorkError> {
        let behaviour = &self.0.behaviour;
        match behaviour.label {
            Label::FailsOnce if self.is_first_of_few(number) => return Err(WorkError::PrinterBusy),
            Label::PanicsOnce if self.is_first_of_few(number) => {
                panic!("the label of parcel {number}")
            }
            Label::Declines if is_declined(number) => return Err(WorkError::Declined),
            _ => {}
        }
        std::thread::sleep(jittered(behaviour.label_takes, number));
        self.note(LABEL, number)
    }

    fn note(&self, handler: &str, number: u64) -> Result<(), WorkError> {
        let noted = self.0.effects.note(handler, number);
        noted.map_err(WorkError::Disk)
    }

    fn is_first_of_few(&self, number: u64) -> bool {
        let failed = &self.0.failed;
        let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
        number % 100 == 7 && failed.insert(number)
    }
}

/// Returns a duration of half to one and a half times the average, so that handlers that start
/// together do not end together.
fn jittered(average: Duration, number: u64) -> Duration {
    let sixteenths = 8 + u32::try_from(number * 7 % 17).unwrap_or_default();
    average * sixteenths / 16
}

/// Returns the number of an event in an envelope.
pub(crate) fn number_of(event: &Event) -> Result<u64, WorkError> {
    let number = if event.ty() == ParcelSorted::TYPE {
        ParcelSorted::try_from(event).map(|parcel| parcel.number)
    } else {
        ParcelWeighed::try_from(event).map(|parcel| parcel.number)
    };
    number.map_err(|error| WorkError::Data(error.into()))
}
