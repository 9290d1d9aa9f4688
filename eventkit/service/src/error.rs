//! The errors of services.

use std::io;
use std::time::Duration;

use eventkit::pattern::InvalidPattern;
use eventkit::transport::TransportError;
use thiserror::Error;
use tokio::time::timeout;

/// The error returned by [`ServiceBuilder::build`](super::ServiceBuilder::build), which lists every issue.
#[derive(Debug, Error)]
#[error("service {service:?}: {}", join(issues))]
pub struct ServiceError {
    service: String,
    issues: Vec<ServiceIssue>,
}

/// One issue of the configuration of a service.
///
/// ```
/// use eventkit::{Dispatcher, Registry};
/// use eventkit_service::{Service, ServiceIssue};
///
/// static SHOP: Registry = Registry::new("shop");
/// let app = Dispatcher::new(&SHOP).build()?;
///
/// let error = Service::new("shop", &app).build().unwrap_err();
/// assert_eq!(error.issues(), [ServiceIssue::NoTransport, ServiceIssue::NoHandlers]);
/// # Ok::<(), eventkit::DispatcherError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ServiceIssue {
    /// A name that is not valid as part of a subscription's name.
    #[error(
        "{0:?} is not a valid name: use ASCII letters, digits, `_`, and single `-` between them"
    )]
    Name(String),
    /// There is no transport.
    #[error("no transport is set: add one with `.transport(..)`")]
    NoTransport,
    /// The dispatcher has no handlers.
    #[error("the dispatcher has no handlers: are their crates linked in?")]
    NoHandlers,
    /// A closure without a name by which a transport can recognize it after a restart.
    #[error(
        "`{0}` is registered at run time without a name: use `registry.with_name(\"..\").register(..)`"
    )]
    Unnamed(String),
    /// Two handlers have the same durable name; they would share a subscription, and each would
    /// receive only some of the events.
    #[error("{name:?} is the name of both `{first}` and `{second}`")]
    SameName {
        /// The durable name.
        name: String,
        /// The first handler, with its location.
        first: String,
        /// The second handler, with its location.
        second: String,
    },
    /// A former name of a handler is also a current or former name of another handler, or its own
    /// name.
    #[error("{name:?} is a former name of `{second}`, and also a name of `{first}`")]
    SameFormerName {
        /// The durable name.
        name: String,
        /// The handler that has or had this name, with its location.
        first: String,
        /// The handler that declares it as a former name, with its location.
        second: String,
    },
    /// A transport does not support a setting of a subscription, such as a start position.
    #[error("{name:?} cannot subscribe on the transport {transport:?}: {reason}")]
    Subscription {
        /// The durable name.
        name: String,
        /// The name of the transport.
        transport: String,
        /// The reason.
        reason: String,
    },
    /// The policy of an event type has a setting that applies to the whole handler.
    #[error(
        "the policy for {0:?} sets the concurrency, key or circuit breaker: set those on the handler or the service"
    )]
    NotPerType(String),
    /// A pattern is invalid.
    #[error("{pattern:?} is not a valid pattern: {reason}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// The reason.
        reason: InvalidPattern,
    },
    /// Dead letters or outgoing events cannot be published to their destination.
    #[error("{messages} of the transport {transport:?} cannot be published: {reason}")]
    NoPublisher {
        /// The name of the transport whose events lead to these messages.
        transport: String,
        /// `dead letters` or `outgoing events`.
        messages: &'static str,
        /// The reason.
        reason: String,
    },
    /// The event type of dead letters is not in the reserved range, or is a pattern.
    #[error(
        "{0:?} is not a valid event type of dead letters: expected `eventkit.deadletter.` and a name"
    )]
    DeadLetterType(String),
}

/// The error returned when a service cannot run.
///
/// [`Service::run`](crate::Service::run) returns it; [`ShutdownReport`](crate::ShutdownReport) has an
/// example of a run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RunError {
    /// The process could not listen for the signals that stop it; no handler has run.
    #[error("failed to listen for the signals that stop the process")]
    Signal(#[source] io::Error),
}

impl ServiceError {
    pub(crate) fn new(service: &str, issues: Vec<ServiceIssue>) -> Self {
        Self {
            service: service.to_owned(),
            issues,
        }
    }

    /// Returns the issues.
    #[must_use]
    pub fn issues(&self) -> &[ServiceIssue] {
        &self.issues
    }
}

/// Waits for a transport or a store within a time limit; `failure` describes the timeout in the
/// error.
pub(crate) async fn within<T, E: From<TransportError>>(
    limit: Duration,
    failure: &str,
    operation: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    timeout(limit, operation).await.unwrap_or_else(|_| {
        let message = format!("{failure} within {limit:?}");
        Err(TransportError::unavailable(message).into())
    })
}

fn join(issues: &[ServiceIssue]) -> String {
    let lines: Vec<String> = issues.iter().map(ServiceIssue::to_string).collect();
    lines.join("; ")
}
