//! The selections of a subscription, in the order in which they were first used.

use std::time::Duration;

use tokio::time::Instant;

use eventkit::transport::Subscription;

/// The time without a consumer of a later selection after which an earlier selection becomes the
/// latest.
const TAKEOVER_TIMEOUT: Duration = Duration::from_mins(5);

/// The maximum number of recorded selections.
const MAX_SELECTIONS: usize = 16;

/// The selections with which consumers opened a subscription; never empty.
#[derive(Debug)]
pub(super) struct Selections(Vec<Selection>);

#[derive(Debug)]
struct Selection {
    subscription: Subscription,
    /// The time at which a consumer was last opened or lost.
    last_used: Instant,
}

impl Selections {
    pub(super) fn new(subscription: Subscription) -> Self {
        Self(vec![Selection {
            subscription,
            last_used: Instant::now(),
        }])
    }

    /// Records the selection with which a subscription is opened, and returns whether it is the
    /// latest.
    ///
    /// `is_open` returns whether a consumer of another selection is open.
    pub(super) fn record(
        &mut self,
        subscription: &Subscription,
        is_open: impl Fn(&Subscription) -> bool,
    ) -> bool {
        let now = Instant::now();
        let known = self.0.iter().position(|own| own.is_of(subscription));
        if let Some(known) = known {
            let is_superseded = self.0[known + 1..].iter().any(|later| {
                is_open(&later.subscription)
                    || now.duration_since(later.last_used) < TAKEOVER_TIMEOUT
            });
            if is_superseded {
                self.0[known].last_used = now;
                return false;
            }
            self.0.remove(known);
        }
        if self.0.len() == MAX_SELECTIONS {
            self.0.remove(0);
        }
        self.0.push(Selection {
            subscription: subscription.clone(),
            last_used: now,
        });
        true
    }

    /// Records that consumers of a selection were lost or closed.
    pub(super) fn touch(&mut self, subscription: &Subscription) {
        let now = Instant::now();
        let mut all = self.0.iter_mut();
        if let Some(own) = all.find(|own| own.is_of(subscription)) {
            own.last_used = now;
        }
    }

    /// Returns whether a later selection than the one of a subscription is recorded.
    pub(super) fn supersede(&self, subscription: &Subscription) -> bool {
        let latest = self.0.last();
        latest.is_some_and(|latest| !latest.is_of(subscription))
    }
}

impl Selection {
    fn is_of(&self, subscription: &Subscription) -> bool {
        self.subscription.has_selection_of(subscription)
    }
}
