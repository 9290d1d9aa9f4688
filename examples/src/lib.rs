//! Plays the other crate of the example `plugin`: it holds handlers, and offers nothing by name.

#![forbid(unsafe_code)]

mod invoicing;
