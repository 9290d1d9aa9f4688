//! A server with axum.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use eventkit::axum::{Batch, Structured, Typed};
use eventkit::{DispatchError, Event};

use super::{BEATS, Beat, LIMIT, Sourceless};

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
    Typed(beat.next())
}

async fn dispatch(event: Event) -> Result<(), DispatchError> {
    BEATS.dispatch(&event)?;
    Ok(())
}

async fn sourceless() -> Response {
    Typed(Sourceless).into_response()
}

async fn large() -> Vec<u8> {
    vec![0; eventkit::Limits::DEFAULT.body_bytes + 1]
}

/// Starts a server on a free port, which runs until the test ends, and returns its address.
pub(super) async fn serve() -> String {
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
