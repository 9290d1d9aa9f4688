//! The conformance suite of transports, run on the one in memory, and on ones that break promises.

mod broken;
mod memory;
