//! Filters: which events, by their attributes.
//!
//! A [`Filter`] is one of the dialects of the CloudEvents Subscriptions API: `exact`, `prefix`,
//! `suffix`, `all`, `any`, `not`, and `sql`, an expression of [CESQL](mod@cesql). It is made once
//! and evaluated on any number of events: on an [`Event`](crate::Event), on a typed value without
//! encoding it, on anything that is an [`AttributeSource`](crate::AttributeSource).
//!
//! ```
//! use eventkit::Event;
//! use eventkit::filter::Filter;
//!
//! let filter = Filter::sql("subject LIKE 'eu-%' AND priority > 3")?;
//! let event = Event::builder().source("/shop").ty("t").subject("eu-7").extension("priority", 4).build()?;
//! assert!(filter.matches(&event));
//!
//! let filter: Filter = serde_json::from_str(r#"{ "prefix": { "type": "co.outcome." } }"#)?;
//! assert!(!filter.matches(&event));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # `AND`, `OR` and `XOR`
//!
//! In an expression they have one precedence and are evaluated from left to right:
//! `a OR b AND c` is `(a OR b) AND c`, unlike in SQL. Other implementations of CESQL differ, so write
//! parentheses where they are mixed. See the
//! [implementation-defined behaviour](eventkit_cesql#implementation-defined-behaviour).
//!
//! # What an error means
//!
//! `exact`, `prefix` and `suffix` take an absent attribute for one that does not fit. An expression
//! that looks at an absent attribute, divides by zero or casts in vain has an error beside its
//! value. [`Filter::matches`] then says `false`, as the Subscriptions API wants it;
//! [`Filter::evaluate`] returns the error, and that is what handlers with a filter go by. An
//! expression that means "if it is there" says so: `EXISTS priority AND priority > 3`.

mod attributes;
pub mod cesql;
mod de;
mod error;
mod kind;

pub use attributes::AttributesOf;
pub use error::{FilterError, FilterParseError};
pub use kind::{Filter, MAX_NESTING};
