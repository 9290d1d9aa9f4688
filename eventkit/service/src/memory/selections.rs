//! The selections of a subscription, and when each was last used.

use std::collections::HashMap;

use tokio::time::Instant;

use eventkit::transport::{SelectionRole, Selections, Subscription};

/// The selections with which consumers opened a subscription.
#[derive(Debug)]
pub(super) struct UsedSelections {
    recorded: Selections,
    /// The time at which a consumer of a selection was last opened or lost.
    last_used: HashMap<String, Instant>,
}

impl UsedSelections {
    pub(super) fn new(subscription: &Subscription) -> Self {
        let digest = digest(subscription);
        Self {
            recorded: Selections::new(digest.clone()),
            last_used: HashMap::from([(digest, Instant::now())]),
        }
    }

    /// Records the selection with which a subscription is opened, and returns whether it is the
    /// latest; `open` are the subscriptions of the open consumers.
    pub(super) fn record<'a>(
        &mut self,
        subscription: &Subscription,
        open: impl Iterator<Item = &'a Subscription>,
    ) -> bool {
        let own = digest(subscription);
        let open: Vec<String> = open.map(digest).collect();
        if !self.is_superseded(&own, &open) {
            self.recorded = self.recorded.succeed(&own);
        }
        let (now, recorded) = (Instant::now(), &self.recorded);
        let is_latest = recorded.latest() == own;
        self.last_used.insert(own, now);
        self.last_used
            .retain(|digest, _| recorded.role_of(digest) != SelectionRole::Unknown);
        is_latest
    }

    /// Returns whether a later selection has an open consumer, or had one shortly before.
    fn is_superseded(&self, own: &str, open: &[String]) -> bool {
        let is_in_use = |later: &str| {
            let last_used = self.last_used.get(later);
            let is_recent = last_used.is_some_and(|at| at.elapsed() < Selections::TAKEOVER_TIMEOUT);
            is_recent || open.iter().any(|open| open == later)
        };
        self.recorded.role_of(own) == SelectionRole::Superseded
            && self.recorded.later_than(own).any(is_in_use)
    }

    /// Records that consumers of a selection were lost or closed.
    pub(super) fn touch(&mut self, subscription: &Subscription) {
        if let Some(last_used) = self.last_used.get_mut(&digest(subscription)) {
            *last_used = Instant::now();
        }
    }

    /// Returns whether a later selection than that of a subscription is recorded.
    pub(super) fn supersede(&self, subscription: &Subscription) -> bool {
        self.recorded.latest() != digest(subscription)
    }
}

fn digest(subscription: &Subscription) -> String {
    subscription.selection_digest::<&str>(&[])
}

#[cfg(test)]
mod tests {
    use std::iter::{empty, once};

    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_selection_that_was_rolled_back_is_the_latest_when_it_is_deployed_again() {
        let [narrow, wide] = [&["a"][..], &["*"]].map(|own| Subscription::new("s", own.to_vec()));
        let mut used = UsedSelections::new(&narrow);
        assert!(used.record(&wide, empty()));
        assert!(!used.record(&narrow, once(&wide)));
        advance(Selections::TAKEOVER_TIMEOUT).await;
        assert!(!used.record(&narrow, once(&wide)));
        assert!(used.supersede(&narrow));
        assert!(used.record(&narrow, empty()));
        assert!(used.supersede(&wide));
        assert!(used.record(&wide, once(&narrow)));
        assert!(used.supersede(&narrow));
    }
}
