//! Guides: pages of text with tested code.
//!
//! Start with [Getting started](getting_started). The front page of the [crate] also lists the
//! guides of the other crates.

#[doc = include_str!("../docs/getting-started.md")]
pub mod getting_started {}

#[doc = include_str!("../docs/errors-and-retries.md")]
pub mod errors_and_retries {}

#[doc = include_str!("../docs/testing.md")]
pub mod testing {}

#[doc = include_str!("../docs/filters.md")]
pub mod filters {}

#[doc = include_str!("../docs/evolving-events.md")]
pub mod evolving_events {}

#[doc = include_str!("../docs/kafka.md")]
pub mod kafka {}

#[doc = include_str!("../docs/migration.md")]
pub mod coming_from_cloudevents_sdk {}

#[doc = include_str!("../docs/coming-from-faststream.md")]
pub mod coming_from_faststream {}

#[doc = include_str!("../docs/coming-from-wolverine.md")]
pub mod coming_from_wolverine {}
