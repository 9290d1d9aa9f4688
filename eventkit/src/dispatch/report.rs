//! What became of an event.

use std::fmt;

use super::failure::Failure;
use super::handler::Handler;
use super::handler_list::NamedHandlers;
use crate::filter::Filter;

/// Says what each handler of an event came to, in the order in which they ran.
///
/// A report without handlers is no error: nobody wanted the event.
#[derive(Debug, Default)]
pub struct Report {
    handlers: NamedHandlers,
    /// What there is to say beside that all of them succeeded.
    details: Option<Box<Details>>,
}

/// The handlers that ran in vain or not at all, by their place.
#[derive(Debug, Default)]
pub(super) struct Details {
    pub(super) failures: Vec<(usize, Failure)>,
    pub(super) filtered: Vec<usize>,
}

/// Is one line of a [`Report`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Handled<'a> {
    /// The handler.
    pub handler: &'a Handler,
    /// Why it failed, or `None` where it succeeded.
    pub failure: Option<&'a Failure>,
    /// The filter that the event did not pass, or `None` where it passed or there is none. The
    /// handler did not run, which is no failure.
    pub filtered_by: Option<&'a Filter>,
}

impl Report {
    pub(super) fn new(handlers: NamedHandlers, details: Option<Box<Details>>) -> Self {
        Self { handlers, details }
    }

    /// Returns whether a handler failed.
    pub(super) fn has_failures(&self) -> bool {
        let details = self.details.as_ref();
        details.is_some_and(|details| !details.failures.is_empty())
    }

    /// Returns how many handlers there were, those included that a filter left out.
    #[must_use]
    pub fn len(&self) -> usize {
        self.handlers.len()
    }

    /// Returns whether there was no handler for the event.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns what each handler came to, in the order in which they ran.
    pub fn iter(&self) -> impl Iterator<Item = Handled<'_>> {
        let details = self.details.as_deref();
        let (failures, filtered) = details.map_or((&[][..], &[][..]), |details| {
            (&details.failures[..], &details.filtered[..])
        });
        let numbered = self.handlers.iter().enumerate();
        numbered.map(move |(at, handler)| Handled {
            handler,
            failure: failures
                .iter()
                .find(|(failed, _)| *failed == at)
                .map(|(_, failure)| failure),
            filtered_by: handler.filter().filter(|_| filtered.contains(&at)),
        })
    }

    /// Returns the handlers that did not run since the event did not pass their filters.
    pub fn filtered_out(&self) -> impl Iterator<Item = (&Handler, &Filter)> {
        self.iter()
            .filter_map(|handled| Some((handled.handler, handled.filtered_by?)))
    }

    /// Returns the handlers that failed, each with the reason.
    pub fn failures(&self) -> impl Iterator<Item = (&Handler, &Failure)> {
        self.iter()
            .filter_map(|handled| Some((handled.handler, handled.failure?)))
    }
}

impl fmt::Display for Report {
    /// Writes one line for each handler.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("no handler");
        }
        for (at, handled) in self.iter().enumerate() {
            let separator = if at == 0 { "" } else { "\n" };
            write!(f, "{separator}{handled}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Handled<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.handler)?;
        match (self.failure, self.filtered_by) {
            (None, None) => f.write_str("ok"),
            (None, Some(filter)) => write!(f, "filtered out by {filter}"),
            (Some(failure), _) => write!(f, "{failure:#}"),
        }
    }
}
