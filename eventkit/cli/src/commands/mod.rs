//! The commands.

pub(crate) mod completions;
pub(crate) mod convert;
pub(crate) mod filter;
#[cfg(feature = "http")]
pub(crate) mod health;
pub(crate) mod letters;
pub(crate) mod listen;
pub(crate) mod send;
pub(crate) mod validate;
