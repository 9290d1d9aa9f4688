//! Typed `CloudEvents`.

pub mod binding;
pub mod codec;
mod dispatch;
mod error;
pub mod event;
pub mod format;
mod typed;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use dispatch::{
    Check, CheckError, Context, Dispatch, DispatchError, Dispatcher, DispatcherBuilder, DispatcherError, Extract,
    Failure, Handled, Handler, Id, IntoOutcome, Location, Orphan, Problem, Registry, Report, Requirements, Source,
    State, Subject, Time, Type, default_registry, dispatch, dispatch_async,
};
pub use error::{BoxError, DecodeError, DecodeErrorKind, EncodeError};
pub use event::{Event, EventBuilder};
pub use typed::{AttributeSource, CloudEvent, EventSource};
