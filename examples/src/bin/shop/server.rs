//! The HTTP server: it decodes requests, dispatches events, and responds with reports.

use std::io::{self, Write};

use axum::extract::{DefaultBodyLimit, State};
use axum::routing::post;
use axum::{Json, Router};
use eventkit::axum::Batch;
use eventkit::binding::http::Problem;
use eventkit::{DispatchError, Dispatcher, Event, Report};
use eventkit_catalog::Catalog;

use crate::answer::{Answer, Outcome};

/// The maximum size of a request body in bytes. Larger requests are answered with 413.
pub(crate) const BODY_LIMIT: usize = 1024 * 1024;

/// Returns the routes of the shop: its events, and a page about them.
pub(crate) fn router(shop: Dispatcher, catalog: &Catalog) -> Router {
    Router::new()
        .route("/events", post(receive))
        .nest("/catalog", catalog.router())
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(shop)
}

/// Receives an event in any content mode, or a batch. The extractor answers malformed requests with
/// a problem.
///
/// If the client disconnects, axum drops this future, and async handlers stop at their next await.
/// To avoid that, run the dispatch in a separate task.
async fn receive(
    State(shop): State<Dispatcher>,
    Batch(events): Batch,
) -> Result<Json<Answer>, Problem> {
    let mut outcome = Outcome::default();
    for event in &events {
        let report = match shop.dispatch_async(event).await {
            // If a handler fails, the others still run, so both cases have a complete
            // report.
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
        lines.push("     no handler for this type".to_owned());
    }
    // Printed at once, because requests are handled concurrently.
    say(&lines.join("\n"));
}

/// Prints a line. If standard output is closed, the shop continues.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}
