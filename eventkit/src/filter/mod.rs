//! Filters, which select events by their attributes.
//!
//! A [`Filter`] has one of the dialects of the CloudEvents Subscriptions API: `exact`, `prefix`,
//! `suffix`, `all`, `any`, `not`, and `sql`, an expression of [CESQL](mod@cesql). It is created
//! once, and evaluated on any number of events: on an [`Event`](crate::Event), on a typed value
//! without encoding it, or on any other [`AttributeSource`](crate::AttributeSource).
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
//! In an expression these operators have the same precedence and are evaluated from left to right:
//! `a OR b AND c` is `(a OR b) AND c`, unlike in SQL. Other implementations of CESQL differ, so use
//! parentheses when you mix them. See the [implementation-defined
//! behaviour](eventkit_cesql#implementation-defined-behaviour).
//!
//! # Errors of expressions
//!
//! For `exact`, `prefix` and `suffix`, an absent attribute does not match. An expression that
//! refers to an absent attribute, divides by zero or contains a failing cast has an error in
//! addition to its value. [`Filter::matches`] then returns `false`, as the Subscriptions API
//! requires; [`Filter::evaluate`] returns the error, and so does a handler with a filter. If an
//! attribute is optional, test for it first: `EXISTS priority AND priority > 3`.

mod attributes;
pub mod cesql;
mod de;
mod error;
mod kind;

pub use attributes::AttributesOf;
pub use error::{FilterError, FilterParseError};
pub use kind::{Filter, MAX_NESTING};
