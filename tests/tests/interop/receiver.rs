//! Our server, which keeps received messages for the test.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use eventkit::Event;
use eventkit::axum::Batch;
use eventkit::binding::http::Problem;

/// The result of receiving a message at an address.
type Arrived = Result<Vec<Event>, Problem>;

/// A server with an address for each message.
#[derive(Debug, Clone, Default)]
pub(crate) struct Receiver {
    arrived: Arc<Mutex<HashMap<usize, Arrived>>>,
}

impl Receiver {
    /// Returns the routes for one event and for a batch.
    pub(crate) fn router(&self) -> Router {
        Router::new()
            .route("/one/{key}", post(one))
            .route("/batch/{key}", post(batch))
            .with_state(self.clone())
    }

    /// Returns the result at an address, if a message arrived.
    pub(crate) fn take(&self, key: usize) -> Option<Arrived> {
        self.arrived.lock().unwrap().remove(&key)
    }

    fn keep(&self, key: usize, arrived: Arrived) -> Response {
        let answer = match &arrived {
            Ok(_) => StatusCode::NO_CONTENT.into_response(),
            Err(problem) => problem.clone().into_response(),
        };
        self.arrived.lock().unwrap().insert(key, arrived);
        answer
    }
}

async fn one(
    State(receiver): State<Receiver>,
    Path(key): Path<usize>,
    event: Result<Event, Problem>,
) -> Response {
    receiver.keep(key, event.map(|event| vec![event]))
}

async fn batch(
    State(receiver): State<Receiver>,
    Path(key): Path<usize>,
    batch: Result<Batch, Problem>,
) -> Response {
    receiver.keep(key, batch.map(|Batch(events)| events))
}

/// Serves on a free port until the test ends, and returns the address.
pub(crate) async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}
