//! Errors of catalogs.

use std::path::PathBuf;

use thiserror::Error;

/// The error for a catalog that contradicts itself.
///
/// [`CatalogBuilder::build`](crate::CatalogBuilder::build) returns it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// Two Rust types have the same event type, but other attributes or another schema.
    #[error(
        "the event type {ty:?} has two definitions that differ in {difference}: `{first}` and `{second}`"
    )]
    #[non_exhaustive]
    Conflict {
        /// The event type.
        ty: String,
        /// The path of the first Rust type.
        first: &'static str,
        /// The path of the second Rust type.
        second: &'static str,
        /// The difference between the definitions.
        difference: &'static str,
    },
}

/// The error for a file that cannot be written.
///
/// [`Catalog::write`](crate::Catalog::write) returns it.
#[derive(Debug, Error)]
#[error("failed to write {}", path.display())]
#[non_exhaustive]
pub struct WriteError {
    /// The path of the file or folder.
    pub path: PathBuf,
    /// The cause.
    #[source]
    pub source: std::io::Error,
}
