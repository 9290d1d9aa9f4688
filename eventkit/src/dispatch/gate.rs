//! Which handlers of an event have to be left out, by their filters.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use super::call::Outcome;
use super::failure::Failure;
use super::handler::Handler;
use super::report::Details;
use crate::event::{AttributeRef, Event};
use crate::filter::{Filter, FilterParseError};
use crate::typed::{AttributeSource, TypedAttributes};

/// Is a filter that `#[handles]` has parsed; at run time it is parsed once more, when first used.
#[derive(Debug)]
pub struct LiteralFilter {
    text: &'static str,
    filter: OnceLock<Result<Filter, FilterParseError>>,
}

impl LiteralFilter {
    /// Takes an expression that has been checked.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        let filter = OnceLock::new();
        Self { text, filter }
    }

    pub(crate) fn get(&self) -> Result<&Filter, &FilterParseError> {
        self.filter.get_or_init(|| Filter::sql(self.text)).as_ref()
    }
}

/// The attributes of an event, from wherever they can be had without encoding data.
#[derive(Debug)]
pub(super) enum Attributes<'a> {
    Event(&'a Event),
    Typed(&'a TypedAttributes),
}

impl AttributeSource for Attributes<'_> {
    fn attribute(&self, name: &str) -> Option<AttributeRef<'_>> {
        match self {
            Self::Event(event) => event.attribute(name),
            Self::Typed(attributes) => attributes.attribute(name),
        }
    }
}

/// What became of the handlers so far: of those that ran in vain or not at all.
#[derive(Debug, Default)]
pub(super) struct Outcomes(Option<Box<Details>>);

impl Outcomes {
    fn fail(&mut self, at: usize, failure: Failure) {
        self.details().failures.push((at, failure));
    }

    /// Notes what a handler came to.
    #[inline]
    pub(super) fn note(&mut self, at: usize, outcome: std::thread::Result<Outcome>) {
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => self.note_failure(at, failure),
            Err(panic) => self.note_panic(at, panic),
        }
    }

    #[expect(clippy::boxed_local, reason = "callers have it in a box")]
    #[cold]
    #[inline(never)]
    pub(super) fn note_failure(&mut self, at: usize, failure: Box<Failure>) {
        self.fail(at, *failure);
    }

    #[expect(clippy::needless_pass_by_value, reason = "it is dropped here, too")]
    #[cold]
    #[inline(never)]
    pub(super) fn note_panic(&mut self, at: usize, panic: Box<dyn Any + Send>) {
        self.fail(at, Failure::panic(&*panic));
    }

    /// Returns whether a handler may run, and notes why where it may not.
    ///
    /// `attributes` are there where the route has filters.
    #[inline]
    pub(super) fn admit(
        &mut self,
        at: usize,
        handler: &Handler,
        attributes: Option<&Attributes<'_>>,
    ) -> bool {
        attributes.is_none_or(|attributes| self.filter(at, handler, attributes))
    }

    fn filter(&mut self, at: usize, handler: &Handler, attributes: &Attributes<'_>) -> bool {
        // A function that a program has registered may panic.
        match catch_unwind(AssertUnwindSafe(|| handler.admits(attributes))) {
            Ok(Ok(true)) => return true,
            Ok(Ok(false)) => self.details().filtered.push(at),
            Ok(Err(failure)) => self.fail(at, failure),
            Err(panic) => self.fail(at, Failure::panic(&*panic)),
        }
        false
    }

    fn details(&mut self) -> &mut Details {
        self.0.get_or_insert_default()
    }

    pub(super) fn into_details(self) -> Option<Box<Details>> {
        self.0
    }
}
