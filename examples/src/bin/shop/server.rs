//! The way in: HTTP requests become events, events are dispatched, reports become answers.

use std::io::{self, Write};

use axum::extract::{DefaultBodyLimit, State};
use axum::routing::post;
use axum::{Json, Router};
use eventkit::axum::Batch;
use eventkit::binding::http::Problem;
use eventkit::{DispatchError, Dispatcher, Event, Report};

use crate::answer::{Answer, Outcome};

/// The largest request body, in bytes; over it the answer is 413.
pub(crate) const BODY_LIMIT: usize = 1024 * 1024;

/// Makes the routes of the shop.
pub(crate) fn router(shop: Dispatcher) -> Router {
    Router::new()
        .route("/events", post(receive))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(shop)
}

/// Takes one event in any mode, or a batch; what is no event has been answered with a problem.
///
/// Where the sender hangs up, axum drops this future, and an async handler ends where it waits; a
/// shop that minds would run the handlers in a task of their own.
async fn receive(
    State(shop): State<Dispatcher>,
    Batch(events): Batch,
) -> Result<Json<Answer>, Problem> {
    let mut outcome = Outcome::default();
    for event in &events {
        let report = match shop.dispatch_async(event).await {
            // A handler that failed kept no other from running: both come with a whole report.
            Ok(report) | Err(DispatchError::Failed(report)) => report,
            Err(error) => {
                return Err(Problem::from(&error));
            }
        };
        log(event, &report);
        outcome.add(event, &report);
    }
    outcome.into_answer().map(Json)
}

fn log(event: &Event, report: &Report) {
    let mut lines = vec![format!("   event {}: {}", event.id(), event.ty())];
    lines.extend(report.iter().map(|handled| {
        let name = handled.handler.name();
        match handled.failure {
            None => format!("     ok      {name}"),
            Some(failure) => format!("     FAILED  {name}: {failure:#}"),
        }
    }));
    if report.is_empty() {
        lines.push("     nobody handles this type".to_owned());
    }
    // In one go, since requests come side by side.
    say(&lines.join("\n"));
}

/// Prints a line; a log that nobody reads any more stops no shop.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}
