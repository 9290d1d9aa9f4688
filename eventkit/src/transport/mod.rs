//! The traits of transports, which carry events between processes.
//!
//! A [`Transport`] gives each handler of a service a [`Consumer`] of its own, and publishes events.
//! The traits are object-safe, and say what a service relies on; a transport that keeps to them
//! loses nothing.
//!
//! | promise | by |
//! | --- | --- |
//! | a message comes again until it is acknowledged or terminated | [`Settle`] |
//! | a consumer that is lost says so, and a new one goes on where it stopped | [`Consumer::next`] |
//! | a published event is stored before `publish` returns | [`Publisher::publish`] |

pub mod backoff;
mod consumer;
mod error;
mod maybe_ready;
mod message;
mod publisher;
mod shared;

use std::future::Future;
use std::pin::Pin;

pub use self::consumer::{Consumer, Settle, Settler, Settling, Subscription, Transport};
pub use self::error::{TransportError, TransportErrorKind};
pub use self::maybe_ready::MaybeReady;
pub use self::message::{Incoming, MessageInfo, RawMessage, Undecodable};
pub use self::publisher::{Published, Publisher};

/// A boxed future, as the object-safe traits return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
