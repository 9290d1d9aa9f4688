//! Health probes as a router of axum (feature `axum`).

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::background::TaskHealth;
use super::health::{Health, SubscriptionHealth};
use super::service::ServiceHandle;

/// Returns the routes by which Kubernetes, or another orchestrator, watches a service.
///
/// | route | response |
/// | --- | --- |
/// | `GET /live` | 200 as long as the process responds, whatever the broker does |
/// | `GET /ready` | 200 if the service is [ready](ServiceHandle::is_ready), otherwise 503; JSON with the reasons |
/// | `GET /health` | 200, and the whole [`Health`] as JSON |
///
/// The responses contain the texts of errors, such as the names of hosts, so serve them where only
/// the orchestrator and operators can reach them.
///
/// ```
/// use eventkit::BoxError;
/// use eventkit_service::{Service, probes};
///
/// /// Serves the probes beside the service, until the service has stopped.
/// async fn run(service: Service) -> Result<(), BoxError> {
///     let probes = probes::router(service.handle());
///     let listener = tokio::net::TcpListener::bind("0.0.0.0:8080").await?;
///     tokio::select! {
///         served = async { axum::serve(listener, probes).await } => served?,
///         stopped = service.run() => drop(stopped?),
///     }
///     Ok(())
/// }
/// ```
pub fn router(handle: ServiceHandle) -> Router {
    Router::new()
        .route("/live", get(|| async { Json(Live { live: true }) }))
        .route("/ready", get(ready))
        .route("/health", get(health))
        .with_state(handle)
}

#[derive(Serialize)]
struct Live {
    live: bool,
}

/// The readiness of a service.
#[derive(Serialize)]
struct Readiness {
    ready: bool,
    /// A line for each subscription and background task that is not ready.
    reasons: Vec<String>,
}

/// The health of a service, with what follows from it.
#[derive(Serialize)]
struct Details<'h> {
    ready: bool,
    subscriptions: Vec<SubscriptionDetails<'h>>,
    background: Vec<TaskDetails<'h>>,
}

#[derive(Serialize)]
struct SubscriptionDetails<'h> {
    ready: bool,
    not_ready_reasons: Vec<String>,
    #[serde(flatten)]
    health: &'h SubscriptionHealth,
}

#[derive(Serialize)]
struct TaskDetails<'h> {
    ready: bool,
    #[serde(flatten)]
    health: &'h TaskHealth,
}

async fn ready(State(handle): State<ServiceHandle>) -> (StatusCode, Json<Readiness>) {
    let Health {
        subscriptions,
        background,
    } = handle.health();
    let subscriptions = subscriptions.iter().filter(|own| !own.is_ready());
    let tasks = background.iter().filter(|task| !task.is_ready());
    let reasons: Vec<String> = subscriptions
        .map(ToString::to_string)
        .chain(tasks.map(ToString::to_string))
        .collect();
    let ready = reasons.is_empty();
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(Readiness { ready, reasons }))
}

async fn health(State(handle): State<ServiceHandle>) -> Response {
    let health = handle.health();
    let subscriptions = health.subscriptions.iter();
    let details = Details {
        ready: health.is_ready(),
        subscriptions: subscriptions.map(SubscriptionDetails::of).collect(),
        background: health.background.iter().map(TaskDetails::of).collect(),
    };
    Json(details).into_response()
}

impl<'h> SubscriptionDetails<'h> {
    fn of(health: &'h SubscriptionHealth) -> Self {
        let reasons = health.not_ready_reasons();
        Self {
            ready: reasons.is_empty(),
            not_ready_reasons: reasons.iter().map(ToString::to_string).collect(),
            health,
        }
    }
}

impl<'h> TaskDetails<'h> {
    fn of(health: &'h TaskHealth) -> Self {
        Self {
            ready: health.is_ready(),
            health,
        }
    }
}
