//! The policies and bindings that operators make, which AMQP does not tell, read from the management API.

mod api;
mod bindings;
mod inspection;
mod policies;

pub(super) use self::api::Api;
pub(super) use self::inspection::Inspection;
pub(super) use self::policies::Findings;
