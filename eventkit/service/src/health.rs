//! The health of a service and its subscriptions.

use std::fmt;

use serde::Serialize;

use super::background::TaskHealth;
use super::counters::Counters;
use super::not_ready::NotReadyReason;
use super::subscription_state::{LastError, SubscriptionState};
use eventkit::event::Timestamp;

/// The health of a service at one moment.
///
/// `{health}` prints a line for each subscription; if a subscription is not ready, the line says
/// what an operator should do.
///
/// ```
/// use eventkit::{Dispatcher, Event, Registry};
/// use eventkit_service::Service;
/// use eventkit_service::memory::Memory;
///
/// static SHOP: Registry = Registry::new("shop");
/// SHOP.with_name("audit").register("*", |_: &Event| {});
///
/// let app = Dispatcher::new(&SHOP).build()?;
/// let service = Service::new("shop", &app).transport(Memory::new()).build()?;
/// let health = service.handle().health();
/// assert!(!health.is_ready());
/// assert_eq!(health.counters().received, 0);
/// for subscription in &health.subscriptions {
///     println!("{subscription}"); // not ready: not connected yet
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// The health of each handler on each transport.
    pub subscriptions: Vec<SubscriptionHealth>,
    /// The health of each [background task](super::ServiceBuilder::background).
    pub background: Vec<TaskHealth>,
}

/// The health of one handler on one transport; `{subscription}` prints it in one line.
///
/// [`Health::subscriptions`] has them.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SubscriptionHealth {
    /// The durable name of the subscription.
    pub name: String,
    /// The path of the handler.
    pub handler: &'static str,
    /// The name of the transport.
    pub transport: String,
    /// The current state.
    pub state: SubscriptionState,
    /// The time at which the subscription entered this state.
    pub since: Timestamp,
    /// The last error of the transport or of a store; it is kept after they have recovered.
    pub last_error: Option<LastError>,
    /// The error that currently prevents outgoing events from being stored. The messages that
    /// caused them are kept alive, and their handlers are not run again.
    pub outgoing_error: Option<LastError>,
    /// The error that currently prevents the use of the inbox; the affected messages are kept
    /// alive.
    pub inbox_error: Option<LastError>,
    /// The error that currently prevents dead letters from being stored; their messages are kept
    /// alive.
    pub dead_letter_error: Option<LastError>,
    /// The error that currently prevents delivery records from being stored; the affected messages
    /// are kept alive.
    pub record_error: Option<LastError>,
    /// The error of the last settlement. It is cleared when the transport confirms a later
    /// settlement, or once it would have delivered the message again.
    pub settlement_error: Option<LastError>,
    /// The time at which the transport last confirmed the final settlement of a message.
    pub last_progress: Option<Timestamp>,
    /// The number of messages that were not delivered to any process yet, if the transport knows
    /// it.
    pub lag: Option<u64>,
    /// Whether a later deployment of the handler selects other events. This process does
    /// not handle events that only the later deployment selects, and should be replaced.
    pub superseded: bool,
    /// Warnings of the transport for operators.
    pub warnings: Vec<String>,
    /// The number of messages that this process returned with a delay and has not received again.
    pub delayed: u64,
    /// The number of events that a sync handler is still working on after its timeout, across all
    /// transports.
    pub overdue: u64,
    /// Whether no event can be handled because overdue events take all of the handler's
    /// concurrency.
    pub stalled: bool,
    /// The counters since the service was started.
    pub counters: Counters,
}

/// A store that messages wait for while it fails; such a failure is not the fault of the event.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Store {
    Outgoing,
    Inbox,
    DeadLetters,
    Records,
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Outgoing => "an outgoing event",
            Self::Inbox => "an inbox claim",
            Self::DeadLetters => "a dead letter",
            Self::Records => "a delivery record",
        })
    }
}

impl Health {
    /// Returns whether all subscriptions are [ready](SubscriptionHealth::is_ready), and the background tasks
    /// [too](TaskHealth::is_ready), as a readiness probe asks.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.subscriptions.iter().all(SubscriptionHealth::is_ready)
            && self.background.iter().all(TaskHealth::is_ready)
    }

    /// Returns whether all subscriptions are connected and have nothing to do: no message is being
    /// handled, waits for its delivery as far as the transport knows, or is to be delivered to this
    /// process again.
    ///
    /// Tests can wait for this on the in-memory transport, which always knows the number of waiting
    /// messages. NATS is asked for it at least every 20 seconds.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.subscriptions.iter().all(SubscriptionHealth::is_idle)
    }

    /// Returns the sum of the counters of all subscriptions.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.subscriptions.iter().map(|own| own.counters).sum()
    }
}

impl SubscriptionHealth {
    /// Returns whether the subscription makes progress: it receives events and settles them, no
    /// event waits for a failing store, and its handler is not stalled.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.not_ready_reasons().is_empty()
    }

    /// Returns the reasons why the subscription is not [ready](Self::is_ready).
    #[must_use]
    pub fn not_ready_reasons(&self) -> Vec<NotReadyReason> {
        let receives = matches!(
            self.state,
            SubscriptionState::Running | SubscriptionState::Paused
        );
        let not_receiving = (!receives).then(|| NotReadyReason::NotReceiving {
            state: self.state,
            error: self.last_error.clone(),
        });
        let stalled = self.stalled.then_some(NotReadyReason::Stalled {
            overdue: self.overdue,
        });
        let failures = [
            self.settlement_error
                .clone()
                .map(NotReadyReason::Settlement),
            self.outgoing_error.clone().map(NotReadyReason::Outgoing),
            self.inbox_error.clone().map(NotReadyReason::Inbox),
            self.dead_letter_error
                .clone()
                .map(NotReadyReason::DeadLetters),
            self.record_error.clone().map(NotReadyReason::Records),
        ];
        let failures = failures.into_iter().flatten();
        not_receiving
            .into_iter()
            .chain(stalled)
            .chain(failures)
            .collect()
    }

    fn is_idle(&self) -> bool {
        self.state != SubscriptionState::Connecting
            && self.counters.in_flight == 0
            && self.delayed == 0
            && self.lag.unwrap_or_default() == 0
    }

    pub(crate) fn store_error(&mut self, store: Store) -> &mut Option<LastError> {
        match store {
            Store::Outgoing => &mut self.outgoing_error,
            Store::Inbox => &mut self.inbox_error,
            Store::DeadLetters => &mut self.dead_letter_error,
            Store::Records => &mut self.record_error,
        }
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, subscription) in self.subscriptions.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{subscription}")?;
        }
        for task in &self.background {
            write!(f, "\n{task}")?;
        }
        Ok(())
    }
}

impl fmt::Display for SubscriptionHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}: ", self.name, self.transport)?;
        let reasons = self.not_ready_reasons();
        if reasons.is_empty() {
            f.write_str("ready")?;
        }
        for (index, reason) in reasons.iter().enumerate() {
            let separator = if index == 0 { "not ready: " } else { "; " };
            write!(f, "{separator}{reason}")?;
        }
        if self.superseded {
            f.write_str("; superseded by a later deployment")?;
        }
        for warning in &self.warnings {
            write!(f, "; warning: {warning}")?;
        }
        Ok(())
    }
}
