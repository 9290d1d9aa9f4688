//! The responses of the shop: which handlers ran, and which failed.

use axum::http::StatusCode;
use eventkit::binding::http::Problem;
use eventkit::{Event, Failure, Report};
use serde::Serialize;

/// The response if all handlers succeeded, with the handlers of each event.
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

/// The outcomes of all events of a request.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    answer: Answer,
    failed: Vec<Failed>,
    /// The status if the data of an event did not fit, and no handler failed for another reason.
    misfit: Option<StatusCode>,
    broken: bool,
}

/// The handlers of an event that failed for the same reason.
#[derive(Debug)]
struct Failed {
    event: String,
    handlers: Vec<&'static str>,
    reason: String,
}

impl Outcome {
    /// Adds the report of an event.
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
            // If the data does not fit, all typed handlers fail with the same message.
            match failed.iter_mut().find(|known| known.reason == reason) {
                Some(known) => known.handlers.push(handler.name()),
                None => failed.push(Failed::new(event, handler.name(), reason)),
            }
        }
        self.failed.append(&mut failed);
    }

    /// Returns the response, or a problem if a handler failed.
    ///
    /// If the data does not fit, the sender is at fault, and sending it again does not help. Any
    /// other failure is the fault of the shop. In both cases, the other handlers have run.
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
