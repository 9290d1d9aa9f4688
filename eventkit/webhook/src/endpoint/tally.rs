//! One answer to all that became of a request.

use std::time::Duration;

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{Response, StatusCode};
use tokio::time::Instant;

use super::super::retry_after;
use super::queue::Outcome;
use eventkit::binding::http::Problem;

/// Counts what became of the events of a request at the subscriptions.
#[derive(Debug, Default)]
pub(super) struct Tally {
    all: usize,
    again: usize,
    full: usize,
    absent: usize,
    /// Before when nothing of it may come again.
    not_before: Option<Instant>,
}

impl Tally {
    pub(super) fn note(&mut self, outcome: Outcome) {
        self.all += 1;
        match outcome {
            Outcome::Settled => {}
            Outcome::Again(at) => {
                self.again += 1;
                self.not_before = self.not_before.max(Some(at));
            }
            Outcome::Full => self.full += 1,
            Outcome::Absent => self.absent += 1,
        }
    }

    /// Answers with the worst; `busy` is how long to wait where no handler has said it.
    pub(super) fn answer(&self, now: Instant, busy: Duration) -> Response<Bytes> {
        let open = self.again + self.full + self.absent;
        if open == 0 {
            let mut response = Response::new(Bytes::new());
            *response.status_mut() = StatusCode::NO_CONTENT;
            return response;
        }
        let asked = self.not_before.map(|at| at.saturating_duration_since(now));
        let no_word = self.full + self.absent > 0;
        let wait = asked.max(no_word.then_some(busy)).unwrap_or(busy);
        let of = format!("of {open} of {} deliveries to handlers", self.all);
        if open == self.full {
            return too_many(format!("{of}: too many events are being handled"), wait);
        }
        let reasons = [
            (self.again, "are to come again"),
            (self.full, "found too many events being handled"),
            (self.absent, "found nobody to take them"),
        ];
        let reasons = reasons.iter().filter(|(count, _)| *count > 0);
        let reasons: Vec<String> = reasons
            .map(|(count, why)| format!("{count} {why}"))
            .collect();
        later(format!("{of}, {}", reasons.join(", ")), wait)
    }
}

/// Asks to come again later, since something here is not done or not there.
pub(super) fn later(detail: String, wait: Duration) -> Response<Bytes> {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    waiting(Problem::new(status, "Not handled yet", detail), wait)
}

/// Asks to come again later, since too much has come.
pub(super) fn too_many(detail: impl Into<String>, wait: Duration) -> Response<Bytes> {
    let status = StatusCode::TOO_MANY_REQUESTS;
    waiting(Problem::new(status, "Too many requests", detail), wait)
}

fn waiting(problem: Problem, wait: Duration) -> Response<Bytes> {
    let mut response = Response::from(problem);
    let value = retry_after::value(wait);
    response.headers_mut().insert(RETRY_AFTER, value);
    response
}
