//! The metrics of a service, in OpenTelemetry (feature `otel`).
//!
//! Counts are read from the health when they are collected, so they equal it and cost nothing while
//! messages are processed. Only the duration is measured for each message.

use std::sync::{Arc, LazyLock, Weak};
use std::time::Duration;

use opentelemetry::metrics::{Histogram, Meter};
use opentelemetry::{KeyValue, global};

use eventkit::__private::service::{DURATION_BOUNDARIES, operation_duration};

use super::attributes::with;
use super::background::{TaskHealth, TaskStatus};
use super::counters::Counters;
use super::health::SubscriptionHealth;
use super::status::SubscriptionStatus;
use super::subscription_state::SubscriptionState;

/// The unit of what is 1 or 0 for each subscription. Prometheus would take the unit `1` for a ratio, and append this
/// to the name.
const SUBSCRIPTION: &str = "{subscription}";

/// Reads one of the counters.
type ReadCounter = fn(&Counters) -> u64;

/// The counters of processed messages, with their outcomes.
const OUTCOMES: [(&str, ReadCounter); 7] = [
    ("succeeded", |counters| counters.succeeded),
    ("filtered", |counters| counters.filtered),
    ("retried", |counters| counters.retried),
    ("dead_lettered", |counters| counters.dead_lettered),
    ("dropped", |counters| counters.dropped),
    ("duplicate", |counters| counters.duplicates),
    ("released", |counters| counters.released),
];

static PROCESS_DURATION: LazyLock<Histogram<f64>> = LazyLock::new(|| {
    meter()
        .f64_histogram("messaging.process.duration")
        .with_unit("s")
        .with_description("Time from the arrival of a message until its outcome.")
        .with_boundaries(DURATION_BOUNDARIES.to_vec())
        .build()
});

static OPERATION_DURATION: LazyLock<Histogram<f64>> =
    LazyLock::new(|| operation_duration(&meter()));

fn meter() -> Meter {
    global::meter("eventkit-service")
}

/// Records how long a message was processed, and the type of the error if it failed.
pub(crate) fn record_duration(
    status: &SubscriptionStatus,
    duration: Duration,
    error: Option<&'static str>,
) {
    record(
        &PROCESS_DURATION,
        duration,
        &status.attributes().process,
        error,
    );
}

/// Records how long a settlement took, and the kind of the error if the transport did not confirm it.
pub(crate) fn record_settlement(
    status: &SubscriptionStatus,
    operation: &'static str,
    duration: Duration,
    error: Option<&'static str>,
) {
    let attributes = status.attributes();
    match operation {
        "ack" => record(&OPERATION_DURATION, duration, &attributes.ack, error),
        _ => record(
            &OPERATION_DURATION,
            duration,
            &attributes.settle(operation),
            error,
        ),
    }
}

fn record(
    histogram: &Histogram<f64>,
    duration: Duration,
    attributes: &[KeyValue],
    error: Option<&'static str>,
) {
    let seconds = duration.as_secs_f64();
    match error {
        // The usual case allocates nothing.
        None => histogram.record(seconds, attributes),
        Some(error) => {
            let error = KeyValue::new("error.type", error);
            histogram.record(seconds, &with(attributes, error));
        }
    }
}

/// The observed parts of a service, for as long as its handles live.
#[derive(Clone)]
struct Observed {
    subscriptions: Arc<[Weak<SubscriptionStatus>]>,
    background: Arc<[Weak<TaskStatus>]>,
}

impl Observed {
    fn of(subscriptions: &[Arc<SubscriptionStatus>], background: &[Arc<TaskStatus>]) -> Self {
        // Determined while the transports are there.
        for status in subscriptions {
            status.attributes();
        }
        Self {
            subscriptions: subscriptions.iter().map(Arc::downgrade).collect(),
            background: background.iter().map(Arc::downgrade).collect(),
        }
    }

    fn for_each(&self, mut observe: impl FnMut(&SubscriptionStatus)) {
        for status in self.subscriptions.iter().filter_map(Weak::upgrade) {
            observe(&status);
        }
    }

    fn for_each_task(&self, mut observe: impl FnMut(&TaskHealth, &[KeyValue])) {
        for task in self.background.iter().filter_map(Weak::upgrade) {
            let health = task.health();
            let name = KeyValue::new("eventkit.task.name", health.name.clone());
            observe(&health, &[name]);
        }
    }
}

/// Observes a service with the global meter provider, until its last handle is dropped.
pub(crate) fn observe(subscriptions: &[Arc<SubscriptionStatus>], background: &[Arc<TaskStatus>]) {
    let (meter, observed) = (meter(), Observed::of(subscriptions, background));
    observe_received(&meter, observed.clone());
    observe_outcomes(&meter, observed.clone());
    observe_unconfirmed(&meter, observed.clone());
    observe_in_flight(&meter, observed.clone());
    observe_states(&meter, observed.clone());
    observe_gauge(
        &meter,
        ("eventkit.lag.messages", "{message}"),
        "Messages that were not delivered to any process yet.",
        observed.clone(),
        |health| health.lag,
    );
    observe_gauge(
        &meter,
        ("eventkit.delayed.messages", "{message}"),
        "Messages that were returned with a delay.",
        observed.clone(),
        |health| Some(health.delayed),
    );
    observe_gauge(
        &meter,
        ("eventkit.subscription.ready", SUBSCRIPTION),
        "1 if the subscription is ready, otherwise 0.",
        observed.clone(),
        |health| Some(u64::from(health.is_ready())),
    );
    observe_tasks(&meter, observed);
}

fn observe_received(meter: &Meter, observed: Observed) {
    meter
        .u64_observable_counter("messaging.client.consumed.messages")
        .with_unit("{message}")
        .with_description("Messages that were received; every delivery counts.")
        .with_callback(move |observer| {
            observed.for_each(|status| {
                let received = status.counters.read().received;
                observer.observe(received, &status.attributes().receive);
            });
        })
        .build();
}

fn observe_outcomes(meter: &Meter, observed: Observed) {
    meter
        .u64_observable_counter("eventkit.processed.messages")
        .with_unit("{message}")
        .with_description("Messages that were processed, by outcome.")
        .with_callback(move |observer| {
            observed.for_each(|status| {
                let counters = status.counters.read();
                for (outcome, count) in OUTCOMES {
                    let outcome = KeyValue::new("eventkit.outcome", outcome);
                    let attributes = with(&status.attributes().identity, outcome);
                    observer.observe(count(&counters), &attributes);
                }
            });
        })
        .build();
}

fn observe_unconfirmed(meter: &Meter, observed: Observed) {
    meter
        .u64_observable_counter("eventkit.unconfirmed.settlements")
        .with_unit("{message}")
        .with_description("Messages whose settlement the transport did not confirm.")
        .with_callback(move |observer| {
            observed.for_each(|status| {
                observer.observe(
                    status.counters.read().unconfirmed,
                    &status.attributes().identity,
                );
            });
        })
        .build();
}

fn observe_in_flight(meter: &Meter, observed: Observed) {
    meter
        .i64_observable_up_down_counter("eventkit.in_flight.messages")
        .with_unit("{message}")
        .with_description("Messages that are being handled or wait for it.")
        .with_callback(move |observer| {
            observed.for_each(|status| {
                let in_flight = status.counters.read().in_flight.cast_signed();
                observer.observe(in_flight, &status.attributes().identity);
            });
        })
        .build();
}

fn observe_states(meter: &Meter, observed: Observed) {
    meter
        .u64_observable_gauge("eventkit.subscription.state")
        .with_unit(SUBSCRIPTION)
        .with_description("1 for the current state; `paused` if the circuit breaker is open.")
        .with_callback(move |observer| {
            observed.for_each(|status| {
                let current = status.state();
                for state in SubscriptionState::ALL {
                    let is_current = u64::from(state == current);
                    let state = KeyValue::new("eventkit.state", state.as_str());
                    observer.observe(is_current, &with(&status.attributes().identity, state));
                }
            });
        })
        .build();
}

fn observe_gauge(
    meter: &Meter,
    (name, unit): (&'static str, &'static str),
    description: &'static str,
    observed: Observed,
    value: fn(&SubscriptionHealth) -> Option<u64>,
) {
    meter
        .u64_observable_gauge(name)
        .with_unit(unit)
        .with_description(description)
        .with_callback(move |observer| {
            observed.for_each(|status| {
                if let Some(value) = value(&status.health()) {
                    observer.observe(value, &status.attributes().identity);
                }
            });
        })
        .build();
}

fn observe_tasks(meter: &Meter, observed: Observed) {
    let backlog = observed.clone();
    meter
        .u64_observable_gauge("eventkit.task.backlog")
        .with_unit("{item}")
        .with_description("Items that wait for a background task, such as events in an outbox.")
        .with_callback(move |observer| {
            backlog.for_each_task(|health, name| observer.observe(health.backlog, name));
        })
        .build();
    let lag = observed.clone();
    meter
        .f64_observable_gauge("eventkit.task.lag")
        .with_unit("s")
        .with_description("How long the oldest item has waited for a background task.")
        .with_callback(move |observer| {
            lag.for_each_task(|health, name| observer.observe(health.lag.as_secs_f64(), name));
        })
        .build();
    meter
        .u64_observable_gauge("eventkit.task.ready")
        .with_unit("{task}")
        .with_description("1 if the background task makes progress, otherwise 0.")
        .with_callback(move |observer| {
            observed.for_each_task(|health, name| {
                observer.observe(u64::from(health.is_ready()), name);
            });
        })
        .build();
}
