//! Events that a subscription received but no subscription of the transport selects.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use eventkit::transport::Subscription;

/// The maximum number of event types that are counted individually per subscription; all others are
/// counted together.
const MAX_COUNTED_TYPES: usize = 50;

/// The rule for events that a subscription receives but no subscription selects.
///
/// A subscription receives an event because of its subject, and selects it by its type. If it does
/// not select the event, but another subscription of the same process receives and selects it, the
/// event is acknowledged without a report.
///
/// The rule applies to all other events: those at [custom filter
/// subjects](super::NatsBuilder::filter_subjects) that no handler takes, and those that a program
/// published to the subject of another type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unselected {
    /// The event is acknowledged. The first event of each type is logged, and the health of the
    /// service has a warning with the number of events of each type. This is the default.
    #[default]
    Report,
    /// The event is acknowledged without a report.
    Skip,
    /// The event is delivered as a message that is not an event: a service stores a dead letter for
    /// each of its handlers that received it. During a rolling deployment, this includes events for
    /// a handler that the process does not have yet.
    DeadLetter,
}

/// The received but unselected events, and the subscriptions of the process.
#[derive(Debug)]
pub(super) struct UnselectedEvents {
    rule: Unselected,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The subscriptions that are open or about to be opened.
    subscriptions: HashMap<String, Subscription>,
    /// The reported events, by subscription.
    reports: HashMap<String, Report>,
}

#[derive(Debug, Default)]
struct Report {
    by_type: BTreeMap<String, u64>,
    of_other_types: u64,
}

/// The treatment of an event that its subscription does not select.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Action {
    Skip,
    DeadLetter,
}

impl UnselectedEvents {
    pub(super) fn new(rule: Unselected) -> Self {
        Self {
            rule,
            state: Mutex::default(),
        }
    }

    /// Adds a subscription, replacing an earlier one of the same name.
    pub(super) fn add_subscription(&self, subscription: &Subscription) {
        let mut state = self.state();
        let name = subscription.name.clone();
        state.subscriptions.insert(name, subscription.clone());
    }

    /// Applies the rule to an event that a subscription received but does not select.
    ///
    /// `type_by_subject` is the type in the subject, if it contains one: only subscriptions that
    /// select this type receive the event.
    pub(super) fn apply(
        &self,
        name: &str,
        subject: &str,
        type_by_subject: Option<&str>,
        ty: &str,
    ) -> Action {
        let mut state = self.state();
        let mut others = state.subscriptions.values();
        if others
            .any(|other| other.selects(ty) && type_by_subject.is_none_or(|ty| other.selects(ty)))
        {
            return Action::Skip;
        }
        match self.rule {
            Unselected::Skip => Action::Skip,
            Unselected::DeadLetter => Action::DeadLetter,
            Unselected::Report => {
                let report = state.reports.entry(name.to_owned()).or_default();
                if report.add(ty) {
                    tracing::warn!(
                        subscription = name,
                        subject,
                        r#type = ty,
                        "skipped an event of a type that no handler takes; further ones are only counted"
                    );
                }
                Action::Skip
            }
        }
    }

    /// Returns a warning about the events that were reported for a subscription.
    pub(super) fn warning(&self, name: &str) -> Option<String> {
        self.state().reports.get(name).map(Report::to_warning)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Report {
    /// Counts an event, and returns whether it is the first one of a type that is counted
    /// individually.
    fn add(&mut self, ty: &str) -> bool {
        if let Some(count) = self.by_type.get_mut(ty) {
            *count += 1;
            return false;
        }
        let has_room = self.by_type.len() < MAX_COUNTED_TYPES;
        if has_room {
            self.by_type.insert(ty.to_owned(), 1);
        } else {
            self.of_other_types += 1;
        }
        has_room
    }

    fn to_warning(&self) -> String {
        let mut text = "skipped events of types that no handler takes:".to_owned();
        for (ty, count) in &self.by_type {
            // Writing to a string does not fail.
            let _ = write!(text, " `{ty}` ({count}),");
        }
        if self.of_other_types > 0 {
            let _ = write!(text, " other types ({}),", self.of_other_types);
        }
        text.pop();
        text.push_str(
            "; add a handler, narrow the filter subjects, or set `NatsBuilder::unselected`",
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(rule: Unselected) -> UnselectedEvents {
        let events = UnselectedEvents::new(rule);
        events.add_subscription(&Subscription::new("own", ["a"]));
        events.add_subscription(&Subscription::new("other", ["b.*"]));
        events
    }

    #[test]
    fn what_another_subscription_selects_is_skipped_and_not_reported() {
        for rule in [Unselected::Report, Unselected::Skip, Unselected::DeadLetter] {
            let events = events(rule);
            assert_eq!(events.apply("own", "s", None, "b.c"), Action::Skip);
            assert_eq!(events.apply("own", "s.b", Some("b.d"), "b.c"), Action::Skip);
            assert_eq!(events.warning("own"), None);
        }
    }

    #[test]
    fn the_rule_applies_to_events_that_no_subscription_selects() {
        for (rule, action, is_reported) in [
            (Unselected::Report, Action::Skip, true),
            (Unselected::Skip, Action::Skip, false),
            (Unselected::DeadLetter, Action::DeadLetter, false),
        ] {
            let events = events(rule);
            assert_eq!(events.apply("own", "s", None, "c"), action);
            assert_eq!(events.warning("own").is_some(), is_reported);
            assert_eq!(events.warning("other"), None);
        }
    }

    #[test]
    fn what_another_subscription_selects_and_does_not_receive_is_reported() {
        let events = events(Unselected::Report);
        assert_eq!(events.apply("own", "s.a", Some("a"), "b.c"), Action::Skip);
        let warning = events.warning("own").unwrap();
        assert!(warning.contains("`b.c` (1)"), "{warning}");
    }

    #[test]
    fn a_warning_counts_each_type_up_to_a_limit() {
        let events = events(Unselected::Report);
        for ty in ["c", "d", "c"] {
            events.apply("own", "s", None, ty);
        }
        let warning = events.warning("own").unwrap();
        assert!(
            warning.contains("takes: `c` (2), `d` (1); add"),
            "{warning}"
        );
        for number in 0..1_000 {
            events.apply("own", "s", None, &format!("e{number}"));
        }
        let warning = events.warning("own").unwrap();
        assert!(warning.contains(" other types (952);"), "{warning}");
    }
}
