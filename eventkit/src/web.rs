//! Extractors and responses for both axum and actix-web.

use crate::binding::http::Problem;
use crate::dispatch::DispatchError;
use crate::event::Event;

/// An extractor and response for an event of a derived type.
///
/// [`eventkit::axum`](crate::axum) and [`eventkit::actix`](crate::actix) have examples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Typed<T>(pub T);

/// An extractor and response for a batch. A single event is extracted as a batch of one.
///
/// [`eventkit::axum`](crate::axum) and [`eventkit::actix`](crate::actix) have examples.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch(pub Vec<Event>);

/// A response with an event in structured mode, in the JSON format.
///
/// [`eventkit::axum`](crate::axum) and [`eventkit::actix`](crate::actix) have examples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Structured(pub Event);

/// Returns the response to a failed dispatch. It contains the violations of the event, but not the
/// errors of handlers, which may be confidential.
pub(crate) fn answer(error: &DispatchError) -> Problem {
    let problem = Problem::from(error);
    if problem.status().is_server_error() {
        problem.with_detail("the event could not be handled")
    } else {
        problem
    }
}
