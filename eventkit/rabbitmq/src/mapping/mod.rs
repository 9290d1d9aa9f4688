//! Conversion between the terms of events and those of AMQP: names, routing keys and messages.

pub(crate) mod message;
pub(crate) mod names;
pub(crate) mod routing;
