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

/// The functions themselves: asked for their type once, and not for each event.
struct Functions<E>([Option<fn(&E) -> Outcome>; BLOCK]);

impl<E> fmt::Debug for Functions<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Functions")
    }
}

impl<E: 'static> Block for Functions<E> {
    fn run(&self, event: &Value, next: &mut usize) -> Outcome {
        let event = event.downcast_ref::<E>();
        while let Some(Some(function)) = self.0.get(*next) {
            *next += 1;
            match event {
                Some(event) => function(event)?,
                // The route has seen the type of the event.
                None => return Err(other_event()),
            }
        }
        Ok(())
    }
}

fn block<E: 'static>(functions: &[PlainFunction]) -> Box<dyn Block> {
    let mut own = [None; BLOCK];
    for (own, function) in own.iter_mut().zip(functions) {
        let function: &dyn Any = *function;
        *own = function.downcast_ref::<fn(&E) -> Outcome>().copied();
    }
    Box::new(Functions(own))
}

fn call<E: HandlerEvent>(function: &dyn Any, delivery: &Delivery<'_>) -> Outcome {
    let event = E::borrow(delivery)?;
    match function.downcast_ref::<fn(&E) -> Outcome>() {
        Some(function) => function(event),
        // `#[handles]` has written both.
        None => Err(other_event()),
    }
}

#[cold]
fn other_event() -> Box<Failure> {
    Box::new(Failure::Extract(MissingEvent.into()))
}
