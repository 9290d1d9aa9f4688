//! The other crate of the example `plugin`. It contains handlers, and exports nothing.

#![forbid(unsafe_code)]

mod invoicing;
