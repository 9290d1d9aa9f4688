//! What the shop answers: who ran, or what failed.

use std::error::Error;

use axum::http::StatusCode;
use eventkit::binding::http::Problem;
use eventkit::{Event, Failure, Report};
use serde::Serialize;

/// Says which handlers ran for each event; the answer where all of them succeeded.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Answer {
    events: Vec<Ran>,
}

#[derive(Debug, Serialize)]
struct Ran {
    id: String,
    #[serde(rename = "type")]
    ty: String,
    handlers: Vec<&'static str>,
}

/// Collects what became of the events of one request.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    answer: Answer,
    failed: Vec<Failed>,
    /// The status where data did not fit, and nothing worse happened.
    misfit: Option<StatusCode>,
    broken: bool,
}

/// Handlers of one event that failed for one reason.
#[derive(Debug)]
struct Failed {
    event: String,
    handlers: Vec<&'static str>,
    reason: String,
}

impl Outcome {
    /// Takes the report of the next event.
    pub(crate) fn add(&mut self, event: &Event, report: &Report) {
        self.answer.events.push(Ran {
            id: event.id().to_owned(),
            ty: event.ty().to_owned(),
            handlers: report
                .iter()
                .map(|handled| handled.handler.name())
                .collect(),
        });
        let already = self.failed.len();
        for (handler, failure) in report.failures() {
            if let Failure::Decode(error) = failure {
                self.misfit.get_or_insert(Problem::from(&**error).status());
            } else {
                self.broken = true;
            }
            let reason = with_causes(failure);
            // Data that does not fit fails every typed handler with the same words.
            if let Some(failed) = self.failed[already..]
                .iter_mut()
                .find(|own| own.reason == reason)
            {
                failed.handlers.push(handler.name());
            } else {
                let (event, handlers) = (event.id().to_owned(), vec![handler.name()]);
                self.failed.push(Failed {
                    event,
                    handlers,
                    reason,
                });
            }
        }
    }

    /// Returns the answer, or the problem where a handler failed.
    ///
    /// Data that does not fit is the sender's mistake, and sending it again would not help; any
    /// other failure is ours. The other handlers have run in both cases.
    pub(crate) fn into_answer(self) -> Result<Answer, Problem> {
        let lines = self.failed.iter().map(
            |Failed {
                 event,
                 handlers,
                 reason,
             }| { format!("event {event}: {}: {reason}", handlers.join(", ")) },
        );
        let detail = lines.collect::<Vec<_>>().join("; ");
        match self.misfit {
            _ if self.broken => {
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                Err(Problem::new(status, "Handlers failed", detail))
            }
            Some(status) => Err(Problem::new(status, "Event does not fit", detail)),
            None => Ok(self.answer),
        }
    }
}

/// Writes an error and what caused it on one line.
pub(crate) fn with_causes(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
