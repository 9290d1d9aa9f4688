//! The extractors and responses that the features `axum` and `actix` share.

use crate::binding::http::Problem;
use crate::dispatch::DispatchError;
use crate::event::Event;

/// Extractor and response of one event of a derived type.
///
/// [`eventkit::axum`](crate::axum) and [`eventkit::actix`](crate::actix) have examples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Typed<T>(pub T);

/// Extractor and response of a batch; a single event is taken as a batch of one.
///
/// [`eventkit::axum`](crate::axum) and [`eventkit::actix`](crate::actix) have examples.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch(pub Vec<Event>);

/// Response of one event in structured mode, in the JSON format.
///
/// [`eventkit::axum`](crate::axum) and [`eventkit::actix`](crate::actix) have examples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Structured(pub Event);

/// Returns the answer to the sender of an event whose dispatch did not succeed: what is wrong with the
/// event, but not why a handler failed, which may be confidential.
pub(crate) fn answer(error: &DispatchError) -> Problem {
    let problem = Problem::from(error);
    if problem.status().is_server_error() {
        problem.with_detail("the event was not handled")
    } else {
        problem
    }
}
