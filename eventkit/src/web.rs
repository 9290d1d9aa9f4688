//! Extractors and responses for both axum and actix-web.

use bytes::Bytes;
use http::HeaderMap;

use crate::binding::http::{Decoder, Problem, inherit_trace_context};
use crate::dispatch::DispatchError;
use crate::error::DecodeError;
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

/// Decodes an event, which belongs to the trace of its request unless it says otherwise.
pub(crate) fn decode(
    decoder: &Decoder,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Event, DecodeError> {
    let mut event = decoder.decode(headers, body)?;
    inherit_trace_context(&mut event, headers);
    Ok(event)
}

/// Decodes a batch, whose events belong to the trace of their request unless they say otherwise.
pub(crate) fn decode_batch(
    decoder: &Decoder,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Vec<Event>, DecodeError> {
    let mut events = decoder.decode_batch(headers, body)?;
    for event in &mut events {
        inherit_trace_context(event, headers);
    }
    Ok(events)
}
