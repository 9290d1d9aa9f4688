//! Traps: events at which a handler blocks forever, so that its process can be killed at that
//! point.

use std::future::pending;

use serde::{Deserialize, Serialize};

use crate::worker::{TRAPPED, say};

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Trap {
    /// Events at which the handler blocks before its effect.
    pub(crate) before: Vec<u64>,
    /// Events at which the handler blocks after its effect, before it returns.
    pub(crate) after: Vec<u64>,
}

impl Trap {
    pub(crate) async fn before(&self, number: u64) {
        stop_at(&self.before, number).await;
    }

    pub(crate) async fn after(&self, number: u64) {
        stop_at(&self.after, number).await;
    }
}

async fn stop_at(numbers: &[u64], number: u64) {
    if numbers.contains(&number) {
        say(&format!("{TRAPPED}{number}"));
        pending::<()>().await;
    }
}
