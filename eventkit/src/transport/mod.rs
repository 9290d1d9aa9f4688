//! What carries events between processes: the traits of transports, and the clients and servers.
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

#[cfg(feature = "axum")]
#[doc(hidden)]
pub mod axum;
#[cfg(feature = "service")]
pub(crate) mod backoff;
#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "service")]
mod consumer;
#[cfg(feature = "service")]
mod error;
#[cfg(feature = "service")]
mod maybe_ready;
#[cfg(feature = "service")]
pub mod memory;
#[cfg(feature = "service")]
mod message;
#[cfg(feature = "nats")]
pub mod nats;
#[cfg(feature = "service")]
mod publisher;
#[cfg(feature = "reqwest")]
#[doc(hidden)]
pub mod reqwest;
#[cfg(feature = "service")]
mod shared;
#[cfg(feature = "webhook")]
pub mod webhook;

#[cfg(feature = "service")]
pub use self::{
    consumer::{Consumer, Settle, Settler, Settling, Subscription, Transport},
    error::{TransportError, TransportErrorKind},
    maybe_ready::MaybeReady,
    message::{Incoming, MessageInfo, RawMessage, Undecodable},
    publisher::{Published, Publisher},
};

/// A boxed future, as the object-safe traits return it.
#[cfg(feature = "service")]
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn std::future::Future<Output = T> + Send + 'a>>;
