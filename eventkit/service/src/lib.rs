#![doc = include_str!("../docs/guide.md")]

mod attempt;
#[cfg(feature = "otel")]
mod attributes;
mod background;
mod builder;
mod circuit_breaker;
mod claim;
mod counters;
mod dead_letter;
mod dead_letter_reader;
mod dead_letter_sink;
mod dead_letters;
mod delivery;
mod destination;
mod error;
mod handler;
mod health;
mod inbox;
mod key_queue;
mod keyed_lock;
pub mod memory;
mod message;
#[cfg(feature = "otel")]
mod metrics;
mod names;
mod not_ready;
#[doc = include_str!("../docs/operating.md")]
pub mod operating {}
mod policy;
#[cfg(feature = "axum")]
pub mod probes;
mod receiver;
mod recent_events;
mod record;
mod replays;
mod service;
mod settlement;
mod spans;
mod status;
mod store;
mod subscription;
mod subscription_state;
mod suspects;
#[cfg(feature = "testing")]
pub mod testing;
#[doc = include_str!("../docs/telemetry.md")]
pub mod telemetry {}
mod unit_of_work;

pub use background::{BackgroundTask, TaskHealth};
pub use builder::ServiceBuilder;
pub use counters::Counters;
pub use dead_letter::DeadLetter;
pub use dead_letters::{DeadLetterPages, DeadLetters, FailureCount};
pub use error::{RunError, ServiceError, ServiceIssue};
pub use eventkit::{Outgoing, OutgoingError};
pub use handler::{Attempt, HandlerService};
pub use health::{Health, SubscriptionHealth};
pub use inbox::{Claim, ClaimToken, Inbox, InboxKey, MemoryInbox};
pub use not_ready::NotReadyReason;
pub use service::{Service, ServiceHandle, ShutdownReport};
pub use subscription_state::{LastError, SubscriptionState};

// Compiles the example of the README together with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
