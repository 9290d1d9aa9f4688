//! Events at which a handler stops for good, so that its process can be killed right there.

use std::future::pending;

use serde::{Deserialize, Serialize};

use crate::worker::{TRAPPED, say};

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Trap {
    /// Before the handler has done its work.
    pub(crate) before: Vec<u64>,
    /// After it has, and before anything else knows.
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
