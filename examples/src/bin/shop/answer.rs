//! What the shop answers: who ran, or what failed.

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
        let ran = report.iter().map(|handled| handled.handler.name());
        self.answer.events.push(Ran {
            id: event.id().to_owned(),
            ty: event.ty().to_owned(),
            handlers: ran.collect(),
        });
        let mut failed: Vec<Failed> = Vec::new();
        for (handler, failure) in report.failures() {
            if let Failure::Decode(error) = failure {
                self.misfit.get_or_insert(Problem::from(&**error).status());
            } else {
                self.broken = true;
            }
            let reason = format!("{failure:#}");
            // Data that does not fit fails every typed handler with the same words.
            match failed.iter_mut().find(|known| known.reason == reason) {
                Some(known) => known.handlers.push(handler.name()),
                None => failed.push(Failed::new(event, handler.name(), reason)),
            }
        }
        self.failed.append(&mut failed);
    }

    /// Returns the answer, or the problem where a handler failed.
    ///
    /// Data that does not fit is the sender's mistake, and sending it again would not help; any
    /// other failure is ours. The other handlers have run in both cases.
    pub(crate) fn into_answer(self) -> Result<Answer, Problem> {
        let lines: Vec<String> = self.failed.iter().map(Failed::line).collect();
        let refuse = |status, title| Err(Problem::new(status, title, lines.join("; ")));
        match self.misfit {
            _ if self.broken => refuse(StatusCode::INTERNAL_SERVER_ERROR, "Handlers failed"),
            Some(status) => refuse(status, "Event does not fit"),
            None => Ok(self.answer),
        }
    }
}

impl Failed {
    fn new(event: &Event, handler: &'static str, reason: String) -> Self {
        let (event, handlers) = (event.id().to_owned(), vec![handler]);
        Self {
            event,
            handlers,
            reason,
        }
    }

    fn line(&self) -> String {
        let handlers = self.handlers.join(", ");
        format!("event {}: {handlers}: {}", self.event, self.reason)
    }
}
