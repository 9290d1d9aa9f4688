//! Handlers that take nothing but the value: called as what they are, functions of its type.

use std::any::Any;
use std::fmt;

use super::call::{Outcome, PlainFunction};
use super::delivery::{Delivery, HandlerEvent, Value};
use super::extract::MissingEvent;
use super::failure::Failure;

/// How many functions stand beside each other.
pub(super) const BLOCK: usize = 4;

/// What is done with the plain functions of one event, where their type is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlainCalls {
    /// Calls one of them with what it takes of a delivery.
    pub(super) call: fn(&dyn Any, &Delivery<'_>) -> Outcome,
    /// Puts some of them side by side, [`BLOCK`] at most.
    pub(super) block: fn(&[PlainFunction]) -> Box<dyn Block>,
}

impl PlainCalls {
    pub(super) const fn of<E: HandlerEvent>() -> Self {
        Self {
            call: call::<E>,
            block: block::<E>,
        }
    }
}

/// Some plain functions of one event.
pub(super) trait Block: fmt::Debug + Send + Sync {
    /// Calls the functions from `next` on, each after it has counted it there: to the end, or to one
    /// that fails.
    fn run(&self, event: &Value, next: &mut usize) -> Outcome;
}

/// What `#[handles]` makes of a function that borrows an event of type `E`.
type Function<E> = fn(&E) -> Outcome;

/// The functions themselves: asked for their type once, and not for each event.
struct Functions<E>([Option<Function<E>>; BLOCK]);

impl<E> fmt::Debug for Functions<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Functions")
    }
}

impl<E: 'static> Block for Functions<E> {
    fn run(&self, event: &Value, next: &mut usize) -> Outcome {
        // The route has seen the type of the event; where it is another one, the first to be called
        // fails, and so on.
        let Some(event) = event.downcast_ref::<E>() else {
            *next += 1;
            return Err(other_event().into());
        };
        while *next < BLOCK
            && let Some(function) = self.0[*next]
        {
            *next += 1;
            function(event)?;
        }
        Ok(())
    }
}

/// Written without iterators, which would be compiled for each type.
fn block<E: 'static>(functions: &[PlainFunction]) -> Box<dyn Block> {
    let mut own = [None; BLOCK];
    let mut at = 0;
    while at < functions.len() {
        let function: &dyn Any = functions[at];
        own[at] = function.downcast_ref::<Function<E>>().copied();
        at += 1;
    }
    Box::new(Functions(own))
}

fn call<E: HandlerEvent>(function: &dyn Any, delivery: &Delivery<'_>) -> Outcome {
    // `#[handles]` has written both.
    let Some(function) = function.downcast_ref::<Function<E>>() else {
        return Err(other_event().into());
    };
    function(E::borrow(delivery)?)
}

#[cold]
fn other_event() -> Failure {
    Failure::Extract(MissingEvent.into())
}
