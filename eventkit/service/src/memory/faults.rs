//! Faults of the in-memory transport.

use std::time::Duration;

use fastrand::Rng;

/// The faults of a [`Memory`](super::Memory) transport, each with a probability.
///
/// A probability is between 0 and 1, and 0 by default. The same seed causes the same faults for the
/// same sequence of calls, as in a single-threaded test with paused time.
///
/// ```
/// use eventkit_service::memory::{Faults, Memory};
///
/// let faults = Faults::seeded(7).duplicate(0.1).reorder(0.3).drop_ack(0.05).disconnect(0.01);
/// let memory = Memory::builder().faults(faults).build();
/// # drop(memory);
/// ```
#[derive(Debug, Clone)]
#[must_use = "faults have no effect until they are set on a transport"]
pub struct Faults {
    rng: Rng,
    /// The probability of each fault.
    probabilities: [f64; Fault::COUNT],
    max_delay: Duration,
}

/// A fault of the in-memory transport.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    Duplicate,
    Reorder,
    Delay,
    DropAck,
    CrashBeforeAck,
    RefusePublish,
    LoseConfirmation,
    Disconnect,
}

impl Fault {
    const COUNT: usize = Self::Disconnect as usize + 1;
}

impl Default for Faults {
    fn default() -> Self {
        Self::seeded(0)
    }
}

impl Faults {
    /// Creates a set without faults; the seed determines when faults that are added later occur.
    pub fn seeded(seed: u64) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            probabilities: [0.0; Fault::COUNT],
            max_delay: Duration::ZERO,
        }
    }

    /// Sets the probability that a published message is stored twice.
    pub fn duplicate(self, probability: f64) -> Self {
        self.with(Fault::Duplicate, probability)
    }

    /// Sets the probability that a later message is delivered before an earlier one.
    pub fn reorder(self, probability: f64) -> Self {
        self.with(Fault::Reorder, probability)
    }

    /// Sets the probability that the delivery of a published message is delayed, and the maximum delay.
    pub fn delay(mut self, probability: f64, max: Duration) -> Self {
        self.max_delay = max;
        self.with(Fault::Delay, probability)
    }

    /// Sets the probability that an acknowledgement is lost but confirmed to the consumer.
    pub fn drop_ack(self, probability: f64) -> Self {
        self.with(Fault::DropAck, probability)
    }

    /// Sets the probability that the consumer is disconnected just before an acknowledgement, as if the process
    /// died there.
    pub fn crash_before_ack(self, probability: f64) -> Self {
        self.with(Fault::CrashBeforeAck, probability)
    }

    /// Sets the probability that a published message is refused and not stored.
    pub fn refuse_publish(self, probability: f64) -> Self {
        self.with(Fault::RefusePublish, probability)
    }

    /// Sets the probability that a published message is stored but reported as not stored.
    pub fn lose_confirmation(self, probability: f64) -> Self {
        self.with(Fault::LoseConfirmation, probability)
    }

    /// Sets the probability that a consumer is disconnected when it asks for its next message.
    pub fn disconnect(self, probability: f64) -> Self {
        self.with(Fault::Disconnect, probability)
    }

    /// Returns the index of the message that is delivered next.
    pub(super) fn choose(&mut self, messages: usize) -> usize {
        if messages > 1 && self.happens(Fault::Reorder) {
            self.rng.usize(..messages)
        } else {
            0
        }
    }

    pub(super) fn choose_delay(&mut self) -> Option<Duration> {
        self.happens(Fault::Delay)
            .then(|| self.max_delay.mul_f64(self.rng.f64()))
    }

    fn with(mut self, fault: Fault, probability: f64) -> Self {
        self.probabilities[fault as usize] = probability;
        self
    }

    /// Returns whether a fault occurs this time.
    ///
    /// Draws no random number for a fault that is not set, so that the other faults stay the same.
    pub(super) fn happens(&mut self, fault: Fault) -> bool {
        let probability = self.probabilities[fault as usize];
        probability > 0.0 && self.rng.f64() < probability
    }
}
