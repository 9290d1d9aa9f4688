//! Parser and evaluator of the [CloudEvents SQL expression language](https://github.com/cloudevents/spec/blob/main/cesql/spec.md).
//!
//! An expression is parsed once, and evaluated for any number of events. Evaluation is total: it
//! always returns a value, together with a list of errors.
//!
//! ```
//! use eventkit_cesql::{Attributes, Expression, Value};
//!
//! struct Headers(&'static [(&'static str, &'static str)]);
//!
//! impl Attributes for Headers {
//!     fn get(&self, name: &str) -> Option<Value<'_>> {
//!         let found = self.0.iter().find(|(own, _)| *own == name);
//!         found.map(|(_, value)| Value::from(*value))
//!     }
//! }
//!
//! let expression: Expression = "subject LIKE 'eu-%' AND priority > 3".parse()?;
//! let event = Headers(&[("subject", "eu-7"), ("priority", "4")]);
//! assert_eq!(expression.evaluate(&event).value, Value::Boolean(true));
//! # Ok::<(), eventkit_cesql::ParseError>(())
//! ```
//!
#![doc = include_str!("../docs/implementation-defined.md")]
#![forbid(unsafe_code)]

mod attributes;
mod builtin;
mod error;
mod evaluate;
mod evaluation;
mod explain;
mod expression;
mod function;
mod functions;
mod lexer;
mod operator;
mod parser;
mod pattern;
mod print;
#[doc(hidden)]
pub mod rules;
mod token;
mod trace;
mod tree;
mod value;

pub use attributes::Attributes;
pub use error::{ParseError, ParseErrorKind};
pub use evaluation::{Evaluation, EvaluationError, EvaluationErrorKind};
pub use explain::{Explanation, Step};
pub use expression::Expression;
pub use function::{Function, FunctionError};
pub use functions::{Functions, RegisterError};
pub use parser::{MAX_DEPTH, MAX_LENGTH};
pub use value::{Type, Value};

// Compiles the example of the README together with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
