//! The sender, which publishes events over HTTP.

mod builder;
mod handshake;
mod publish;
mod requests;
mod response;
mod target;

pub use self::builder::SenderBuilder;
pub use self::publish::Sender;
