//! The mapping of events to messages and of event types to subjects, without a connection.

pub(crate) mod message;
pub(crate) mod subject;
