//! The mapping of events to messages and subjects; it needs no connection.

pub(crate) mod message;
mod outgoing;
pub(crate) mod subject;
pub(crate) mod subjects;
pub(crate) mod template;

pub(crate) use self::outgoing::{Mapping, OutgoingMessage};
