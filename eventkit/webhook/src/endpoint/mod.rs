//! The endpoint, which receives events over HTTP.

mod access_token;
mod builder;
mod consumer;
mod delivery_summary;
mod lease_queue;
mod origin_policy;
mod recent_deliveries;
mod respond;
mod server;
mod shared;
mod subscription_table;

pub use self::builder::EndpointBuilder;
pub use self::origin_policy::CallbackRequest;
pub use self::shared::Endpoint;
