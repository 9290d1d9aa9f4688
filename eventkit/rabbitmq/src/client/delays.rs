//! Messages that wait: the levels of the delay queues, and the headers of what is returned.

use std::time::Duration;

use eventkit::transport::DeliveryRecord;
use eventkit::transport::backoff::FAR_FUTURE;
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};

use super::queue::{DELAY, text};
use crate::mapping::message::{PERSISTENT, ROUTING_HEADERS};
use crate::mapping::names::short;

// The headers of a returned message: its origin, its deliveries and its record.
const LEFT: &str = "eventkit-return-left";
const LEAST: &str = "eventkit-return-least";
const EXCHANGE: &str = "eventkit-return-exchange";
const KEY: &str = "eventkit-return-key";
const DELIVERIES: &str = "eventkit-return-deliveries";
const FAILED_ATTEMPTS: &str = "eventkit-return-failed-attempts";
const ACCOUNTED: &str = "eventkit-return-accounted-deliveries";
const SUSPECT_RUNS: &str = "eventkit-return-suspect-runs";

const PREFIX: &str = "eventkit-return-";

/// The headers of the broker, which it writes again. Those of the last death are new in 3.13, and the count
/// of acquisitions in 4.3.
const OF_BROKER: [&str; 9] = [
    "x-acquired-count",
    "x-death",
    "x-delivery-count",
    "x-first-death-exchange",
    "x-first-death-queue",
    "x-first-death-reason",
    "x-last-death-exchange",
    "x-last-death-queue",
    "x-last-death-reason",
];

/// The minimum and maximum level of a delay queue. A queue of the level `n` has a delay of 2^n milliseconds, from
/// 64 ms to 12 days.
const MIN_LEVEL: u32 = 6;
const MAX_LEVEL: u32 = 30;

/// The part of a delay that is not worth another step.
const TOLERANCE: u32 = 16;

/// A delay in steps, each of which is the time of a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Wait {
    /// The time that is left to wait.
    pub(super) left: Duration,
    /// The shortest rest that is waited for.
    least: Duration,
}

impl Wait {
    pub(super) fn of(delay: Duration) -> Self {
        let left = delay.min(FAR_FUTURE);
        let least = left / TOLERANCE;
        Self { left, least }
    }

    pub(super) fn is_over(self) -> bool {
        self.left.is_zero()
    }

    /// Returns the delay of the queue for the next step, and the wait that remains after it.
    pub(super) fn step(self) -> (Duration, Self) {
        let millis = u64::try_from(self.left.as_millis()).unwrap_or(u64::MAX);
        let level = millis.max(1).ilog2().clamp(MIN_LEVEL, MAX_LEVEL);
        let delay = Duration::from_millis(1 << level);
        let left = self.left.saturating_sub(delay);
        let left = if left < self.least {
            Duration::ZERO
        } else {
            left
        };
        (delay, Self { left, ..self })
    }
}

/// The origin of a returned message, its deliveries and its record so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Returned {
    /// The exchange and the routing key to which the message was published.
    pub(super) exchange: String,
    pub(super) key: String,
    /// The number of deliveries before it was returned.
    pub(super) deliveries: u32,
    pub(super) record: DeliveryRecord,
    pub(super) wait: Wait,
}

impl Returned {
    /// Reads the headers of a message that came from the exchange of the services.
    pub(super) fn read(properties: &BasicProperties) -> Option<Self> {
        let table = properties.headers().as_ref()?;
        let find = |name: &str| table.inner().get(name);
        let number = |name: &str| match find(name) {
            Some(AMQPValue::LongLongInt(number)) => *number,
            _ => 0,
        };
        let text = |name: &str| match find(name) {
            Some(AMQPValue::LongString(text)) => Some(text.to_string()),
            _ => None,
        };
        let time =
            |name: &str| Duration::from_millis(u64::try_from(number(name)).unwrap_or_default());
        let count = |name: &str| u32::try_from(number(name)).unwrap_or_default();
        let mut record = DeliveryRecord::default();
        record.failed_attempts = count(FAILED_ATTEMPTS);
        record.accounted_deliveries = count(ACCOUNTED);
        record.suspect_runs = count(SUSPECT_RUNS);
        Some(Self {
            exchange: text(EXCHANGE)?,
            key: text(KEY)?,
            deliveries: count(DELIVERIES),
            record,
            wait: Wait {
                left: time(LEFT),
                least: time(LEAST),
            },
        })
    }

    /// Returns the properties of the message that waits for a time, with what is left then.
    pub(super) fn write(&self, properties: &BasicProperties, delay: Duration) -> BasicProperties {
        let mut table = as_published(properties);
        let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let delay = millis(delay).to_string();
        let values = [
            (DELAY, text(&delay)),
            (EXCHANGE, text(&self.exchange)),
            (KEY, text(&self.key)),
        ];
        let numbers = [
            (LEFT, millis(self.wait.left)),
            (LEAST, millis(self.wait.least)),
            (DELIVERIES, self.deliveries.into()),
            (FAILED_ATTEMPTS, self.record.failed_attempts.into()),
            (ACCOUNTED, self.record.accounted_deliveries.into()),
            (SUSPECT_RUNS, self.record.suspect_runs.into()),
        ];
        let numbers = numbers.map(|(name, number)| (name, AMQPValue::LongLongInt(number)));
        for (name, value) in values.into_iter().chain(numbers) {
            table.insert(short(name), value);
        }
        // Not all properties: the broker refuses a `user_id` of another user. A quorum queue that another process is
        // declaring accepts messages before it has its settings. Without a time of its own, such a message would
        // never expire, nor would those behind it.
        let mut returned = BasicProperties::default()
            .with_headers(table)
            .with_expiration(short(&delay))
            .with_delivery_mode(PERSISTENT);
        if let Some(content_type) = properties.content_type() {
            returned = returned.with_content_type(content_type.clone());
        }
        if let Some(id) = properties.message_id() {
            returned = returned.with_message_id(id.clone());
        }
        returned
    }
}

/// Returns whether a header belongs to a returned message or to the broker.
fn is_foreign(header: &str) -> bool {
    // The keys of its sender must not become those of a message that a service publishes.
    header.starts_with(PREFIX) || OF_BROKER.contains(&header) || ROUTING_HEADERS.contains(&header)
}

pub(super) fn has_foreign_headers(properties: &BasicProperties) -> bool {
    let headers = properties.headers().as_ref();
    headers.is_some_and(|table| table.inner().keys().any(|name| is_foreign(name.as_str())))
}

/// Returns the headers of a message without those that belong to a returned message or to the broker.
pub(super) fn as_published(properties: &BasicProperties) -> FieldTable {
    let mut table = FieldTable::default();
    let headers = properties.headers().as_ref();
    for (name, value) in headers.into_iter().flat_map(|table| table.inner().iter()) {
        if !is_foreign(name.as_str()) {
            table.insert(name.clone(), value.clone());
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_of_a_delay_are_few_and_end_near_it() {
        for millis in [1, 63, 64, 100, 500, 1_000, 59_999, 3_600_000, 86_400_000] {
            let whole = Duration::from_millis(millis);
            let (mut wait, mut waited, mut steps) = (Wait::of(whole), Duration::ZERO, 0);
            while !wait.is_over() {
                let (delay, rest) = wait.step();
                (wait, waited, steps) = (rest, waited + delay, steps + 1);
            }
            assert!(steps <= 5, "{millis}: {steps} steps");
            assert!(waited >= whole.mul_f64(0.9), "{millis}: {waited:?}");
            assert!(
                waited <= whole.max(Duration::from_millis(64)) * 2,
                "{millis}: {waited:?}"
            );
        }
        let longest = Duration::from_millis(1 << MAX_LEVEL);
        assert_eq!(Wait::of(Duration::MAX).step().0, longest);
    }

    #[test]
    fn a_returned_message_keeps_what_it_was() {
        let mut table = FieldTable::default();
        table.insert(short("cloudEvents_id"), text("1"));
        table.insert(short("x-death"), text("then"));
        table.insert(short("CC"), text("eventkit.replay.s"));
        let properties = BasicProperties::default()
            .with_headers(table)
            .with_content_type(short("text/plain"))
            .with_user_id(short("web"))
            .with_expiration(short("1"));
        let mut record = DeliveryRecord::default();
        record.failed_attempts = 3;
        let returned = Returned {
            exchange: "shop".to_owned(),
            key: "placed".to_owned(),
            deliveries: 4,
            record,
            wait: Wait::of(Duration::from_secs(16)),
        };
        let written = returned.write(&properties, Duration::from_secs(2));
        assert_eq!(Returned::read(&written), Some(returned));
        assert_eq!(written.content_type(), properties.content_type());
        assert_eq!(written.user_id(), &None);
        // That of the delay queue, and not that of the sender.
        assert_eq!(written.expiration(), &Some(short("2000")));
        assert_eq!(as_published(&written).inner().len(), 1);
        assert_eq!(Returned::read(&properties), None);
    }
}
