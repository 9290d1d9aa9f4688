//! Handlers, registries and dispatch.

#![allow(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    reason = "handlers stand here in every form that users may give them"
)]

mod asynchronous;
mod cascade;
mod closures;
mod decisions;
mod emissions;
mod envelope;
mod extractors;
mod failures;
mod filters;
mod functions;
mod growth;
mod names;
mod order;
mod registries;
mod returns;
mod routes;
mod shapes;
mod sharing;
mod sharing_of_shapes;
mod typed;

use std::sync::{Mutex, PoisonError};

use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

/// A log of what handlers did. In tests, statics replace the state of a program.
#[derive(Debug, Default)]
struct Log(Mutex<Vec<String>>);

impl Log {
    const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn note(&self, line: impl Into<String>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line.into());
    }

    /// Returns the lines, and clears them.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
struct OrderPlaced {
    order_id: String,
    total_cents: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.cancelled", source = "/shop/orders")]
struct OrderCancelled {
    reason: String,
}

#[derive(Debug, CloudEvent)]
enum OrderEvent {
    Placed(OrderPlaced),
    Cancelled(OrderCancelled),
}

fn placed() -> OrderPlaced {
    OrderPlaced {
        order_id: "A-1".into(),
        total_cents: 1250,
    }
}

fn cancelled() -> OrderCancelled {
    OrderCancelled {
        reason: "changed my mind".into(),
    }
}

#[test]
fn every_file_is_a_module_of_the_suite() {
    eventkit_tests::suite::assert_whole(file!());
}
