//! The CloudEvents SQL expression language: parsing, printing, evaluation and explanation.
//!
//! [`Event`](crate::Event) implements [`Attributes`], through which expressions read attributes;
//! [`AttributesOf`](super::AttributesOf) adapts any other attribute source.
//!
//! ```
//! use eventkit::Event;
//! use eventkit::filter::cesql::{Expression, Function, Functions, Type, Value};
//!
//! let mut functions = Functions::default();
//! functions.register(Function::new("SHOUT", [Type::String], Type::String, |arguments| {
//!     let text = arguments[0].clone().into_text();
//!     Ok(Value::from(format!("{text}!")))
//! }))?;
//! let expression = Expression::parse_with("SHOUT(subject) = 'eu-7!'", &functions)?;
//! let event = Event::builder().source("/shop").ty("t").subject("eu-7").build()?;
//! assert_eq!(expression.evaluate(&event).value, Value::Boolean(true));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The documentation of [`eventkit_cesql`] lists the implementation-defined behaviour.

pub use eventkit_cesql::{
    Attributes, Evaluation, EvaluationError, EvaluationErrorKind, Explanation, Expression,
    Function, FunctionError, Functions, MAX_DEPTH, MAX_LENGTH, ParseError, ParseErrorKind,
    RegisterError, Step, Type, Value,
};
