#![doc = include_str!("../docs/guide.md")]

mod check;
mod content;
mod context;
mod delivery;
mod deploy;
mod fixture;
mod order;
mod outcome;
mod records;
mod report;
mod reserved;
mod resume;
mod settle;
mod share;

pub use self::check::Check;
pub use self::fixture::Fixture;
pub use self::outcome::Outcome;
pub use self::report::{Report, run};

// Compiles the example of the README together with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
