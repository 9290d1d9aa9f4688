//! Faults of the transport in memory.

use std::time::Duration;

use fastrand::Rng;

/// The faults of a [`Memory`](super::Memory), each with a probability.
///
/// Each probability is from 0 to 1, and 0 by default. The same seed gives the same faults for the same
/// calls, as in a test with one thread and paused time.
///
/// ```
/// use eventkit_service::memory::{Faults, Memory};
///
/// let faults = Faults::seeded(7).duplicate(0.1).reorder(0.3).drop_ack(0.05).disconnect(0.01);
/// let memory = Memory::builder().faults(faults).build();
/// # drop(memory);
/// ```
#[derive(Debug, Clone)]
#[must_use = "faults do nothing until a transport has them"]
pub struct Faults {
    rng: Rng,
    duplicate: f64,
    reorder: f64,
    delay: f64,
    max_delay: Duration,
    drop_ack: f64,
    crash_before_ack: f64,
    refuse_publish: f64,
    lose_confirmation: f64,
    disconnect: f64,
}

impl Default for Faults {
    fn default() -> Self {
        Self::seeded(0)
    }
}

impl Faults {
    /// Creates a set without faults; the seed determines when the faults that are added happen.
    pub fn seeded(seed: u64) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            duplicate: 0.0,
            reorder: 0.0,
            delay: 0.0,
            max_delay: Duration::ZERO,
            drop_ack: 0.0,
            crash_before_ack: 0.0,
            refuse_publish: 0.0,
            lose_confirmation: 0.0,
            disconnect: 0.0,
        }
    }

    /// Stores a published message twice.
    pub fn duplicate(mut self, probability: f64) -> Self {
        self.duplicate = probability;
        self
    }

    /// Delivers a later message before an earlier one.
    pub fn reorder(mut self, probability: f64) -> Self {
        self.reorder = probability;
        self
    }

    /// Delays the delivery of a published message, by up to a maximum.
    pub fn delay(mut self, probability: f64, max: Duration) -> Self {
        self.delay = probability;
        self.max_delay = max;
        self
    }

    /// Loses an acknowledgement, and confirms it to the consumer.
    pub fn drop_ack(mut self, probability: f64) -> Self {
        self.drop_ack = probability;
        self
    }

    /// Disconnects the consumer just before an acknowledgement, like a process that dies there.
    pub fn crash_before_ack(mut self, probability: f64) -> Self {
        self.crash_before_ack = probability;
        self
    }

    /// Refuses to store a published message.
    pub fn refuse_publish(mut self, probability: f64) -> Self {
        self.refuse_publish = probability;
        self
    }

    /// Stores a published message, and reports that it did not.
    pub fn lose_confirmation(mut self, probability: f64) -> Self {
        self.lose_confirmation = probability;
        self
    }

    /// Disconnects a consumer that asks for its next message.
    pub fn disconnect(mut self, probability: f64) -> Self {
        self.disconnect = probability;
        self
    }

    pub(super) fn duplicates(&mut self) -> bool {
        self.happens(self.duplicate)
    }

    /// Returns the index of the message that is delivered next.
    pub(super) fn choose(&mut self, messages: usize) -> usize {
        if messages > 1 && self.happens(self.reorder) {
            self.rng.usize(..messages)
        } else {
            0
        }
    }

    pub(super) fn choose_delay(&mut self) -> Option<Duration> {
        self.happens(self.delay)
            .then(|| self.max_delay.mul_f64(self.rng.f64()))
    }

    pub(super) fn drops_ack(&mut self) -> bool {
        self.happens(self.drop_ack)
    }

    pub(super) fn crashes_before_ack(&mut self) -> bool {
        self.happens(self.crash_before_ack)
    }

    pub(super) fn refuses_publish(&mut self) -> bool {
        self.happens(self.refuse_publish)
    }

    pub(super) fn loses_confirmation(&mut self) -> bool {
        self.happens(self.lose_confirmation)
    }

    pub(super) fn disconnects(&mut self) -> bool {
        self.happens(self.disconnect)
    }

    /// Draws no random number for a fault that is not set, so that the other faults stay the same.
    fn happens(&mut self, probability: f64) -> bool {
        probability > 0.0 && self.rng.f64() < probability
    }
}
