//! Properties of all events and of all input.

mod events;
mod hostile;
mod schema;
mod strategy;
mod texts;
mod typed;
