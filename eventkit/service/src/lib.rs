#![doc = include_str!("../docs/guide.md")]

mod attempt;
mod builder;
mod circuit_breaker;
mod dead_letter;
mod dead_letter_reader;
mod dead_letter_sink;
mod dead_letters;
mod derived_id;
mod error;
mod handler;
mod health;
mod inbox;
mod key_queue;
mod keyed_lock;
pub mod memory;
mod message;
mod names;
mod outgoing;
mod policy;
mod receiver;
mod replays;
mod service;
mod store;
mod subscription;

pub use builder::ServiceBuilder;
pub use dead_letter::DeadLetter;
pub use dead_letters::{DeadLetterPages, DeadLetters, FailureCount};
pub use error::{RunError, ServiceError, ServiceIssue};
pub use handler::{Attempt, HandlerService};
pub use health::{Counters, Health, LastError, SubscriptionHealth, SubscriptionState};
pub use inbox::{Claim, Inbox, InboxKey, MemoryInbox};
pub use outgoing::{Outgoing, OutgoingError};
pub use service::{Service, ServiceHandle, ShutdownReport};
