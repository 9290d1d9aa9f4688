//! What can be made to go wrong.

use std::time::Duration;

use fastrand::Rng;

/// Says what goes wrong in a [`Memory`](super::Memory), and how often.
///
/// Each likelihood is from 0 to 1, and 0 if not set. The same seed gives the same faults for the
/// same calls, which a test has where its runtime has one thread and its time is paused.
///
/// ```
/// use eventkit_service::memory::{Faults, Memory};
///
/// let faults = Faults::seeded(7).duplicates(0.1).reorders(0.3).drops_acks(0.05).disconnects(0.01);
/// let memory = Memory::builder().faults(faults).build();
/// # drop(memory);
/// ```
#[derive(Debug, Clone)]
#[must_use = "faults do nothing until a transport has them"]
pub struct Faults {
    rng: Rng,
    duplicates: f64,
    reorders: f64,
    delays: (f64, Duration),
    drops_acks: f64,
    crashes_before_acks: f64,
    refuses_publishes: f64,
    loses_confirmations: f64,
    disconnects: f64,
}

impl Default for Faults {
    fn default() -> Self {
        Self::seeded(0)
    }
}

impl Faults {
    /// Starts with no faults; the seed decides when those that are added happen.
    pub fn seeded(seed: u64) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            duplicates: 0.0,
            reorders: 0.0,
            delays: (0.0, Duration::ZERO),
            drops_acks: 0.0,
            crashes_before_acks: 0.0,
            refuses_publishes: 0.0,
            loses_confirmations: 0.0,
            disconnects: 0.0,
        }
    }

    /// Stores a published message twice.
    pub fn duplicates(mut self, likelihood: f64) -> Self {
        self.duplicates = likelihood;
        self
    }

    /// Gives a later message before an earlier one.
    pub fn reorders(mut self, likelihood: f64) -> Self {
        self.reorders = likelihood;
        self
    }

    /// Keeps a published message back, for up to a time.
    pub fn delays(mut self, likelihood: f64, most: Duration) -> Self {
        self.delays = (likelihood, most);
        self
    }

    /// Loses an acknowledgement on its way: the consumer is told that all went well.
    pub fn drops_acks(mut self, likelihood: f64) -> Self {
        self.drops_acks = likelihood;
        self
    }

    /// Breaks the connection just before an acknowledgement, as a process does that dies there.
    pub fn crashes_before_acks(mut self, likelihood: f64) -> Self {
        self.crashes_before_acks = likelihood;
        self
    }

    /// Stores a published message not, and says so.
    pub fn refuses_publishes(mut self, likelihood: f64) -> Self {
        self.refuses_publishes = likelihood;
        self
    }

    /// Stores a published message, and says that it did not.
    pub fn loses_confirmations(mut self, likelihood: f64) -> Self {
        self.loses_confirmations = likelihood;
        self
    }

    /// Breaks the connection of a consumer that asks for its next message.
    pub fn disconnects(mut self, likelihood: f64) -> Self {
        self.disconnects = likelihood;
        self
    }

    pub(super) fn duplicate(&mut self) -> bool {
        self.happens(self.duplicates)
    }

    /// Returns which of a number of messages is given next.
    pub(super) fn choose(&mut self, messages: usize) -> usize {
        if messages > 1 && self.happens(self.reorders) {
            self.rng.usize(..messages)
        } else {
            0
        }
    }

    pub(super) fn delay(&mut self) -> Option<Duration> {
        let (likelihood, most) = self.delays;
        self.happens(likelihood)
            .then(|| most.mul_f64(self.rng.f64()))
    }

    pub(super) fn drop_ack(&mut self) -> bool {
        self.happens(self.drops_acks)
    }

    pub(super) fn crash_before_ack(&mut self) -> bool {
        self.happens(self.crashes_before_acks)
    }

    pub(super) fn refuse_publish(&mut self) -> bool {
        self.happens(self.refuses_publishes)
    }

    pub(super) fn lose_confirmation(&mut self) -> bool {
        self.happens(self.loses_confirmations)
    }

    pub(super) fn disconnect(&mut self) -> bool {
        self.happens(self.disconnects)
    }

    /// A fault that is not asked for takes no random number: those that are stay where they were.
    fn happens(&mut self, likelihood: f64) -> bool {
        likelihood > 0.0 && self.rng.f64() < likelihood
    }
}
