#![doc = include_str!("../docs/guide.md")]

mod client;
mod endpoint;
mod headers;
mod rate;
mod sender;

pub use self::client::HttpClient;
pub use self::endpoint::{CallbackRequest, Endpoint, EndpointBuilder};
pub use self::sender::{Sender, SenderBuilder};

// Compiles the example of the README together with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
