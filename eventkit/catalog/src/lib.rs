#![doc = include_str!("../docs/guide.md")]
#![doc = include_str!("../docs/schema-changes.md")]
#![doc = include_str!("../docs/attributes.md")]
#![doc = include_str!("../docs/attribute-changes.md")]
#![doc = include_str!("../docs/limits.md")]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod asyncapi;
mod builder;
mod catalog;
mod error;
mod event_type;
mod graph;
mod handler;
mod info;
mod keys;
mod lock;
mod members;
mod page;
mod policy;
#[cfg(feature = "axum")]
mod router;
mod schema;
mod server;

pub use builder::CatalogBuilder;
pub use catalog::Catalog;
pub use error::{CatalogError, WriteError};
pub use event_type::{Attribute, AttributeValue, EventType};
pub use handler::HandlerInfo;
pub use lock::{Change, Direction, Lock, LockError, Mode};
pub use members::EventSchemas;
pub use schema::DataSchema;
/// The crate whose `JsonSchema` event types derive, in the version that catalogs read.
pub use schemars;
pub use server::Server;

// Compiles the examples of the README together with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
