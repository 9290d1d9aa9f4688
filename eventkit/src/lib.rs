//! Typed [CloudEvents](https://cloudevents.io): derive an event, annotate a handler, dispatch it,
//! send and receive it over HTTP.
//!
//! ```
//! use eventkit::{CloudEvent, handles};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, Serialize, Deserialize, CloudEvent)]
//! #[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
//! struct OrderPlaced {
//!     order_id: String,
//!     total_cents: u64,
//! }
//!
//! #[handles("co.outcome.order.placed")]
//! fn send_receipt(order: &OrderPlaced) {
//!     println!("receipt for {} over {} cents", order.order_id, order.total_cents);
//! }
//!
//! let order = OrderPlaced { order_id: "A-1".into(), total_cents: 1250 };
//! let report = eventkit::dispatch(&order)?;
//! assert_eq!(report.len(), 1);
//! # Ok::<(), eventkit::DispatchError>(())
//! ```
//!
//! What is wrong does not compile: a handler whose type is not its parameter's, a malformed source,
//! media type, schema or extension name.
//!
//! # Where to look
//!
//! | to | see |
//! | --- | --- |
//! | define events | [`CloudEvent`], the derive and the trait |
//! | handle them | [`handles`], [`Extract`], [`State`], [`Context`] |
//! | dispatch them | [`dispatch`](fn@dispatch), [`dispatch_async`], [`Registry`], [`Dispatcher`] |
//! | work with the envelope | [`Event`], [`mod@event`] |
//! | choose events by their attributes | [`filter`](mod@filter), `#[handles(.., filter = "..")]` |
//! | use the documented extensions | [`extension`] |
//! | run handlers on a broker | `eventkit::service`, `eventkit::transport`, [`Policy`], [`HandlerError`] |
//! | use other payloads than JSON | [`codec`] |
//! | use other event formats than JSON | [`mod@format`] |
//! | pass on events that break the specification | [`LenientEvent`] |
//! | send and receive | [`binding::http`], [`binding::nats`], `eventkit::axum`, `eventkit::reqwest` |
//!
//! # Features
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `discovery` | yes | handlers of all linked crates are found by themselves, through `linkme` |
//! | `axum` | no | `Event`, typed events and batches as extractors and responses |
//! | `reqwest` | no | sending events, and reading them from responses |
//! | `service` | no | handlers as a service: the traits of transports, a transport in memory, retries, dead letters |
//! | `nats` | no | a transport on NATS `JetStream`, with `async-nats` |
//! | `sqlite` | no | an inbox of a service in a file of `SQLite` |
//! | `conformance` | no | the promises of transports as tests, for authors of transports |
//! | `webhook` | no | a transport on HTTP: endpoints that answer by what handlers do, and senders that retry; `reqwest` and `service` with it |
//!
//! Without `discovery` handlers are added by hand, with [`Registry::add`] and [`handlers!`]. That is
//! also the way where the linker cannot collect: in a static library, on `wasm32`, under Miri.

pub mod binding;
pub mod codec;
mod dispatch;
mod error;
pub mod event;
pub mod extension;
pub mod filter;
pub mod format;
#[cfg(feature = "service")]
pub mod service;
#[cfg(feature = "service")]
pub mod transport;
#[cfg(not(feature = "service"))]
mod transport;
mod typed;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use dispatch::{
    Check, CheckError, Context, Decided, Decision, Dispatch, DispatchError, Dispatcher,
    DispatcherBuilder, DispatcherError, Exhausted, Extract, Failure, Handled, Handler,
    HandlerError, Id, IntoOutcome, Location, Orphan, Policy, Problem, Registration, Registry,
    Report, Requirements, Source, State, Subject, Time, Type, default_registry, dispatch,
    dispatch_async,
};
pub use error::{BoxError, DecodeError, DecodeErrorKind, EncodeError};
pub use event::{Event, EventBuilder, LenientEvent, Limits};
pub use eventkit_macros::{CloudEvent, HandlerError, handlers, handles};
#[cfg(feature = "axum")]
#[doc(inline)]
pub use transport::axum;
#[cfg(feature = "reqwest")]
#[doc(inline)]
pub use transport::reqwest;
pub use typed::{AttributeSource, CloudEvent, EventReader, TypedAttributes};
