//! The transport tests, run on the in-memory transport and on faulty ones.

mod broken;
mod memory;
