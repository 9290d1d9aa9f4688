//! What can be wrong with the set-up of a service.

use thiserror::Error;

/// Says why a [`Service`](super::Service) could not be built: every [`ServiceProblem`] at once.
#[derive(Debug, Error)]
#[error("service {service:?}: {}", join(problems))]
pub struct ServiceError {
    service: String,
    problems: Vec<ServiceProblem>,
}

/// Is one thing that is wrong with the set-up of a service.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ServiceProblem {
    /// A name cannot be that of a subscription.
    #[error(
        "{0:?} cannot be a name: one is of ASCII letters, digits, `_`, and single `-` between them"
    )]
    Name(String),
    /// There is nothing to take events from.
    #[error("there is no transport: add one with `.transport(..)`")]
    NoTransport,
    /// There is nothing to give events to.
    #[error("there are no handlers: are their crates linked in?")]
    NoHandlers,
    /// A closure has no name by which a transport could know it again.
    #[error(
        "`{0}` is registered at run time without a name: `registry.named(\"..\").register(..)`"
    )]
    Unnamed(String),
    /// Two handlers would share one subscription, and each get half of the events.
    #[error("{name:?} is the name of both `{first}` and `{second}`")]
    SameName {
        /// The durable name.
        name: String,
        /// One handler, with its location.
        first: String,
        /// The other.
        second: String,
    },
    /// The policy for a type sets what all events of a handler share.
    #[error(
        "the policy for {0:?} sets the concurrency, key or circuit breaker: those are of a handler or of the service"
    )]
    NotOfAType(String),
    /// A pattern can match no event type.
    #[error("{pattern:?} is no pattern: {reason}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl ServiceError {
    pub(super) fn new(service: &str, problems: Vec<ServiceProblem>) -> Self {
        Self {
            service: service.to_owned(),
            problems,
        }
    }

    /// Returns what is wrong.
    #[must_use]
    pub fn problems(&self) -> &[ServiceProblem] {
        &self.problems
    }
}

fn join(problems: &[ServiceProblem]) -> String {
    let lines: Vec<String> = problems.iter().map(ServiceProblem::to_string).collect();
    lines.join("; ")
}
