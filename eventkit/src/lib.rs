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
//! | handle them | [`handles`], [`mod@extract`], [`State`], [`Context`] |
//! | return and send further events | [`IntoOutcome`], [`Outgoing`], [`DispatcherBuilder::cascade`] |
//! | dispatch them | [`dispatch`](fn@dispatch), [`dispatch_async`], [`Registry`], [`Dispatcher`] |
//! | work with the envelope | [`Event`], [`mod@event`] |
//! | choose events by their attributes | [`filter`](mod@filter), `#[handles(.., filter = "..")]` |
//! | use the documented extensions | [`extension`] |
//! | run handlers on a broker | [`eventkit-service`](https://docs.rs/eventkit-service), [`transport`], [`Policy`], [`HandlerError`] |
//! | use other payloads than JSON | [`codec`] |
//! | use other event formats than JSON | [`mod@format`] |
//! | pass on events that break the specification | [`LenientEvent`] |
//! | test them | [`testing`] |
//! | send and receive | [`binding::http`], `eventkit::axum`, `eventkit::actix`, `eventkit::reqwest` |
//! | move a program from `cloudevents-sdk` | [`migration`] |
//!
//! # Features
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `macros` | yes | the derives and attributes |
//! | `discovery` | yes | handlers of all linked crates are registered automatically, through `linkme`; decisions of errors are found behind `dyn Error` |
//! | `http` | yes | [`binding::http`], the HTTP protocol binding |
//! | `axum` | no | `Event`, typed events and batches as extractors and responses of axum; `http` with it |
//! | `actix` | no | the same for actix-web |
//! | `reqwest` | no | sending events, and reading them from responses; `http` with it |
//!
//! Without `discovery` (`default-features = false, features = ["macros"]`) handlers are added by
//! hand, with [`Registry::add`] and [`handlers!`]. That is also the way where the linker cannot
//! collect: in a static library, on `wasm32`, under Miri.
//!
//! # Related crates
//!
//! | crate | for |
//! | --- | --- |
//! | [`eventkit-service`](https://docs.rs/eventkit-service) | handlers as a service on transports, with retries, dead letters and an inbox |
//! | [`eventkit-nats`](https://docs.rs/eventkit-nats) | NATS: the protocol binding, and a transport on `JetStream` |
//! | [`eventkit-webhook`](https://docs.rs/eventkit-webhook) | HTTP as a transport: an endpoint that receives events, a sender that retries |
//! | [`eventkit-sql`](https://docs.rs/eventkit-sql) | an inbox in a database |
//! | [`eventkit-transport-tests`](https://docs.rs/eventkit-transport-tests) | the promises of a transport as tests, for authors of transports |
//! | [`eventkit-cesql`](https://docs.rs/eventkit-cesql) | the CloudEvents SQL expressions of [`filter`](mod@filter) |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(feature = "http"),
    allow(
        dead_code,
        reason = "what only the HTTP binding calls is written beside its like"
    )
)]

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(feature = "axum")]
pub mod axum;
pub mod binding;
pub mod codec;
mod dispatch;
mod error;
pub mod event;
pub mod extension;
pub mod extract;
pub mod filter;
pub mod format;
#[doc = include_str!("../docs/migration.md")]
pub mod migration {}
pub mod pattern;
#[cfg(feature = "reqwest")]
pub mod reqwest;
#[doc = include_str!("../docs/testing.md")]
pub mod testing {}
pub mod transport;
mod typed;
#[cfg(any(feature = "actix", feature = "axum"))]
mod web;

/// Units of work, for authors of stores: a handler runs in a transaction, which also has the record that the
/// event was handled and the events that follow.
pub mod unit_of_work {
    pub use crate::dispatch::{Begun, CommitError, UnitOfWork, UnitOfWorkStore};
}

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use dispatch::{
    AsyncHandlerClosure, CascadeError, Cascaded, CheckError, Context, ContextBuilder, Decision,
    Dispatch, DispatchError, Dispatcher, DispatcherBuilder, DispatcherError, Emission,
    EmissionCycle, Extract, ExtractAsync, Failure, Handler, HandlerClosure, HandlerEntry,
    HandlerError, HandlerOutcome, HandlerRef, IntoOutcome, Location, OnExhausted, Outgoing,
    OutgoingError, Policy, Registration, Registry, RegistryIssue, RegistryReport, Report,
    Requirements, State, UnmatchedPattern, default_registry, dispatch, dispatch_async,
};
pub use error::{BoxError, DecodeError, DecodeErrorKind, EncodeError};
pub use event::{Event, EventBuilder, LenientEvent, Limits};
#[cfg(feature = "macros")]
pub use eventkit_macros::{CloudEvent, HandlerError, handlers, handles};
pub use typed::{
    AttributeSource, CloudEvent, EventReader, EventSet, Includes, ToEvent, TypedAttributes,
};

// The example of the README is compiled with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
