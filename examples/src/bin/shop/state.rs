//! The state of the handlers: the books and the bank.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The maximum number of lines in the books, so that memory is bounded.
const KEPT: usize = 1000;

/// A log of what the handlers did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Books(Arc<Mutex<VecDeque<String>>>);

impl Books {
    pub(crate) fn note(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect()
    }
}

/// A bank that declines large payments.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bank {
    pub(crate) limit_cents: u64,
}

impl Bank {
    pub(crate) async fn charge(self, cents: u64) -> Result<(), Declined> {
        // Simulates the latency of a bank.
        tokio::time::sleep(Duration::from_millis(1)).await;
        if cents > self.limit_cents {
            Err(Declined)
        } else {
            Ok(())
        }
    }
}

/// The error for a declined payment.
#[derive(Debug)]
pub(crate) struct Declined;

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the card was declined")
    }
}

impl std::error::Error for Declined {}
