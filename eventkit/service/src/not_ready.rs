//! The reasons why a subscription is not ready.

use std::fmt;

use super::subscription_state::{LastError, SubscriptionState};

/// A reason why a subscription is not [ready](super::SubscriptionHealth::is_ready).
///
/// `{reason}` prints it, together with what an operator should do.
///
/// ```
/// use eventkit::{Dispatcher, Event, Registry};
/// use eventkit_service::memory::Memory;
/// use eventkit_service::{NotReadyReason, Service};
///
/// static SHOP: Registry = Registry::new("shop");
/// SHOP.with_name("audit").register("*", |_: &Event| {});
///
/// let app = Dispatcher::new(&SHOP).build()?;
/// let service = Service::new("shop", &app).transport(Memory::new()).build()?;
/// let health = service.handle().health();
/// let reasons = health.subscriptions[0].not_ready_reasons();
/// assert!(matches!(reasons[..], [NotReadyReason::NotReceiving { .. }]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotReadyReason {
    /// The subscription does not receive events.
    NotReceiving {
        /// The state of the subscription.
        state: SubscriptionState,
        /// The last error, if there was one.
        error: Option<LastError>,
    },
    /// All of the handler's concurrency is taken by sync handlers that are still running after
    /// their timeout.
    Stalled {
        /// The number of events whose handler is still running after its timeout.
        overdue: u64,
    },
    /// The transport does not confirm settlements.
    Settlement(LastError),
    /// Outgoing events cannot be stored.
    Outgoing(LastError),
    /// The inbox cannot be used.
    Inbox(LastError),
    /// Dead letters cannot be stored.
    DeadLetters(LastError),
    /// Delivery records cannot be stored.
    Records(LastError),
}

impl fmt::Display for NotReadyReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotReceiving { state, error } => {
                let (what, advice) = of_state(*state);
                write!(f, "{what}")?;
                if let Some(error) = error {
                    write!(f, ": {error}")?;
                }
                write!(f, "; {advice}")
            }
            Self::Stalled { overdue } => write!(
                f,
                "all of the handler's concurrency is taken by {overdue} events that it is still handling after \
                 their timeout; find out what the handler waits for, and restart the process"
            ),
            Self::Settlement(error) => write!(
                f,
                "the transport does not confirm settlements: {error}; check the connection and the \
                 permission to acknowledge messages"
            ),
            Self::Outgoing(error) => write!(
                f,
                "outgoing events cannot be stored: {error}; check the destination of outgoing events, \
                 and the permission to publish to it"
            ),
            Self::Inbox(error) => write!(
                f,
                "the inbox cannot be used: {error}; check the store of the inbox"
            ),
            Self::DeadLetters(error) => write!(
                f,
                "dead letters cannot be stored: {error}; check the destination of dead letters, and the \
                 permission to publish to it"
            ),
            Self::Records(error) => write!(
                f,
                "delivery records cannot be stored: {error}; check where the transport stores \
                 records, and the permission to do so"
            ),
        }
    }
}

const CHECK_BROKER: &str =
    "check that the broker can be reached, and that its subscription fits the service";

/// Returns the text for a subscription that is not ready because of its state, and what an operator
/// should do.
fn of_state(state: SubscriptionState) -> (&'static str, &'static str) {
    match state {
        SubscriptionState::Draining => ("draining", "the service is stopping"),
        SubscriptionState::Stopped => ("stopped", "start the service again"),
        SubscriptionState::Lost => ("the consumer was lost and is being reopened", CHECK_BROKER),
        _ => ("not connected yet", CHECK_BROKER),
    }
}
