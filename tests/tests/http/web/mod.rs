//! The features `axum` and `reqwest`, over real connections.

mod receiving;
mod serving;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use eventkit::axum::{Batch, Structured, Typed};
use eventkit::{BoxError, CloudEvent, DispatchError, Event, Registry, handles};
use serde::{Deserialize, Serialize};

/// The largest body that the server takes, in bytes.
const LIMIT: usize = 64 * 1024;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.beat", source = "/clock")]
struct Beat {
    count: u8,
}

/// Has no source, so it cannot become an event.
#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.sourceless")]
struct Sourceless;

async fn echo(event: Event) -> Event {
    event
}

async fn structured(event: Event) -> Structured {
    Structured(event)
}

async fn batch(batch: Batch) -> Batch {
    batch
}

async fn next(Typed(beat): Typed<Beat>) -> Typed<Beat> {
    Typed(Beat {
        count: beat.count + 1,
    })
}

static BEATS: Registry = Registry::new("beats");

#[handles(registry = BEATS)]
fn count(beat: &Beat) -> Result<(), BoxError> {
    match beat.count {
        0 => Err("no beat".into()),
        _ => Ok(()),
    }
}

async fn dispatch(event: Event) -> Result<(), DispatchError> {
    BEATS.dispatch(&event)?;
    Ok(())
}

async fn sourceless() -> Response {
    Typed(Sourceless).into_response()
}

async fn large() -> Vec<u8> {
    vec![0; eventkit::reqwest::BODY_LIMIT + 1]
}

/// Starts a server on a free port, which ends with the test, and returns its address.
async fn serve() -> String {
    let app = Router::new()
        .route("/echo", post(echo))
        .route("/structured", post(structured))
        .route("/batch", post(batch))
        .route("/next", post(next))
        .route("/dispatch", post(dispatch))
        .route("/sourceless", get(sourceless))
        .route("/large", get(large))
        .layer(DefaultBodyLimit::max(LIMIT));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

fn event() -> Event {
    let builder = Event::builder()
        .id("ä 1")
        .source("/clock")
        .ty("co.outcome.beat")
        .subject("100% \"sure\"")
        .without_time()
        .extension("n", 7);
    let builder = builder.data_json(&Beat { count: 1 }).unwrap();
    builder.build().unwrap()
}
