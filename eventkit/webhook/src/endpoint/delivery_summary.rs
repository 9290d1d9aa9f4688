//! The response to a request whose events were delivered.

use std::time::Duration;

use bytes::Bytes;
use eventkit::binding::http::Problem;
use http::header::RETRY_AFTER;
use http::{Response, StatusCode};
use tokio::time::Instant;

use super::lease_queue::Outcome;
use crate::headers::retry_after_value;

/// The outcomes of the deliveries of one request.
#[derive(Debug, Default)]
pub(super) struct DeliverySummary {
    total: usize,
    retry: usize,
    full: usize,
    absent: usize,
    terminated: bool,
    /// The latest time for which a retry has to wait.
    not_before: Option<Instant>,
}

impl DeliverySummary {
    pub(super) fn add(&mut self, outcome: Outcome) {
        self.total += 1;
        match outcome {
            Outcome::Acknowledged => {}
            Outcome::Terminated => self.terminated = true,
            Outcome::Retry(at) => {
                self.retry += 1;
                self.not_before = self.not_before.max(Some(at));
            }
            Outcome::Full => self.full += 1,
            Outcome::Absent => self.absent += 1,
        }
    }

    /// Returns whether all deliveries are settled and at least one of them was terminated.
    pub(super) fn is_settled_by_termination(&self) -> bool {
        self.terminated && self.unsettled() == 0
    }

    fn unsettled(&self) -> usize {
        self.retry + self.full + self.absent
    }

    /// Returns the response for the worst outcome, with the longest delay. `retry_after` is the
    /// delay for outcomes without one.
    pub(super) fn to_response(&self, retry_after: Duration) -> Response<Bytes> {
        let unsettled = self.unsettled();
        if unsettled == 0 {
            return empty(StatusCode::NO_CONTENT);
        }
        let requested = self
            .not_before
            .map(|at| at.saturating_duration_since(Instant::now()));
        let has_default = self.full + self.absent > 0;
        let delay = requested.max(has_default.then_some(retry_after));
        let delay = delay.unwrap_or(retry_after);
        let count = format!("{unsettled} of {} deliveries to handlers", self.total);
        if unsettled == self.full {
            let detail = format!("{count} failed: too many events are in flight");
            return too_many_requests(detail, delay);
        }
        let reasons = [
            (self.retry, "to be retried"),
            (self.full, "with too many events in flight"),
            (self.absent, "without a consumer"),
        ];
        let reasons = reasons.iter().filter(|(count, _)| *count > 0);
        let reasons: Vec<String> = reasons
            .map(|(count, why)| format!("{count} {why}"))
            .collect();
        let detail = format!("{count} failed: {}", reasons.join(", "));
        unavailable(detail, delay)
    }
}

/// Returns a response without a body.
pub(super) fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

/// Returns a 503 response with a `Retry-After` header.
pub(super) fn unavailable(detail: impl Into<String>, retry_after: Duration) -> Response<Bytes> {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let problem = Problem::new(status, "Not handled yet", detail);
    with_retry_after(problem, retry_after)
}

/// Returns a 429 response with a `Retry-After` header.
pub(super) fn too_many_requests(
    detail: impl Into<String>,
    retry_after: Duration,
) -> Response<Bytes> {
    let status = StatusCode::TOO_MANY_REQUESTS;
    let problem = Problem::new(status, "Too many requests", detail);
    with_retry_after(problem, retry_after)
}

fn with_retry_after(problem: Problem, delay: Duration) -> Response<Bytes> {
    let mut response = Response::from(problem);
    let value = retry_after_value(delay);
    response.headers_mut().insert(RETRY_AFTER, value);
    response
}
