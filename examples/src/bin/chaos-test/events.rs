//! What is published, and the two handlers that get it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use eventkit::{CloudEvent, HandlerError, Registry, State, handles};
use serde::{Deserialize, Serialize};

use crate::effects::Effects;
use crate::worker::Trap;

/// A parcel has been weighed.
#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.parcel.weighed", source = "/chaos-test")]
pub(crate) struct ParcelWeighed {
    /// Makes the second publishing of an event a duplicate of the first.
    #[cloudevent(id)]
    pub(crate) id: String,
    pub(crate) number: u64,
    pub(crate) grams: u32,
}

impl ParcelWeighed {
    pub(crate) fn new(number: u64) -> Self {
        Self {
            id: format!("parcel-{number}"),
            number,
            grams: 250,
        }
    }
}

pub(crate) static CHAOS_TEST: Registry = Registry::new("chaos-test");

/// The names under which the broker and the effects know the handlers.
pub(crate) const HANDLERS: [&str; 2] = ["invoice", "label"];

/// What a worker is to do beside its work.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) effects: Effects,
    pub(crate) trap: Arc<Trap>,
    pub(crate) panics: bool,
    /// The events that `label` has failed for; it does so once for some.
    pub(crate) failed: Arc<Mutex<HashSet<u64>>>,
}

impl Work {
    /// Returns whether this is the first time that one in a hundred events is seen here.
    fn is_first_of_few(&self, number: u64) -> bool {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        number % 100 == 7 && failed.insert(number)
    }
}

#[derive(Debug, HandlerError)]
pub(crate) enum LabelError {
    #[retry]
    PrinterBusy,
    #[retry]
    Disk(std::io::Error),
}

impl std::fmt::Display for LabelError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PrinterBusy => f.write_str("the printer is busy"),
            Self::Disk(error) => write!(f, "the effect could not be written: {error}"),
        }
    }
}

impl std::error::Error for LabelError {}

/// Always succeeds: what it does twice is a duplicate that no failure of its own explains.
#[handles(registry = CHAOS_TEST, name = "invoice", retry(attempts = 50, initial_delay = "100ms", max_delay = "1s"))]
async fn invoice(parcel: &ParcelWeighed, State(work): State<Work>) -> Result<(), std::io::Error> {
    work.trap.before(parcel.number).await;
    work.effects.note("invoice", parcel.number)?;
    work.trap.after(parcel.number).await;
    Ok(())
}

/// Fails, or panics, once for one event in a hundred.
#[handles(registry = CHAOS_TEST, name = "label", retry(attempts = 50, initial_delay = "100ms", max_delay = "1s"))]
fn label(parcel: &ParcelWeighed, State(work): State<Work>) -> Result<(), LabelError> {
    if work.is_first_of_few(parcel.number) {
        assert!(!work.panics, "the label of parcel {}", parcel.number);
        return Err(LabelError::PrinterBusy);
    }
    work.effects
        .note("label", parcel.number)
        .map_err(LabelError::Disk)
}
