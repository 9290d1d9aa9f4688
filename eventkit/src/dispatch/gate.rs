//! Which handlers of an event have to be left out, by their filters.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use super::failure::Failure;
use super::handler::Handler;
use super::report::Report;
use super::table::Route;
use crate::event::{AttributeRef, Event};
use crate::filter::{Filter, InvalidFilter};
use crate::typed::{AttributeSource, TypedAttributes};

/// Is a filter that `#[handles]` has parsed; at run time it is parsed once more, when first used.
#[derive(Debug)]
pub struct LiteralFilter {
    text: &'static str,
    filter: OnceLock<Result<Filter, InvalidFilter>>,
}

impl LiteralFilter {
    /// Takes an expression that has been checked.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        let filter = OnceLock::new();
        Self { text, filter }
    }

    pub(crate) fn get(&self) -> Result<&Filter, &InvalidFilter> {
        self.filter.get_or_init(|| Filter::sql(self.text)).as_ref()
    }
}

/// The attributes of an event, from wherever they can be had without encoding data.
#[derive(Debug)]
pub(super) enum Attributes<'a> {
    Event(&'a Event),
    Typed(TypedAttributes),
}

impl AttributeSource for Attributes<'_> {
    fn attribute(&self, name: &str) -> Option<AttributeRef<'_>> {
        match self {
            Self::Event(event) => event.attribute(name),
            Self::Typed(attributes) => attributes.attribute(name),
        }
    }
}

/// What became of the handlers so far: of those that ran in vain or not at all, by their place.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    failures: Vec<(usize, Failure)>,
    filtered: Vec<usize>,
}

impl Outcomes {
    pub(super) fn fail(&mut self, at: usize, failure: Failure) {
        self.failures.push((at, failure));
    }

    /// Returns whether a handler may run, and notes why where it may not.
    ///
    /// `attributes` are there where the route has filters.
    pub(super) fn admit(
        &mut self,
        at: usize,
        handler: &Handler,
        attributes: Option<&Attributes<'_>>,
    ) -> bool {
        let Some(attributes) = attributes else {
            return true;
        };
        // A function that a program has registered may panic.
        let passes = catch_unwind(AssertUnwindSafe(|| handler.admits(attributes)));
        match passes {
            Ok(Ok(passes)) => {
                if !passes {
                    self.filtered.push(at);
                }
                passes
            }
            Ok(Err(failure)) => {
                self.fail(at, failure);
                false
            }
            Err(panic) => {
                self.fail(at, Failure::panic(&*panic));
                false
            }
        }
    }

    pub(super) fn failed(&self) -> bool {
        !self.failures.is_empty()
    }

    pub(super) fn into_report(self, route: &Route) -> Report {
        Report::new(route.handlers.clone(), self.failures, self.filtered)
    }
}
