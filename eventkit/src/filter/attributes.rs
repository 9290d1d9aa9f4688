//! Access to the attributes of events in expressions.

use eventkit_cesql::{Attributes, Value};

use crate::event::{AttributeRef, Event};
use crate::typed::{AttributeSource, TypedAttributes};

/// An adapter from an [`AttributeSource`] to the [`Attributes`] of an expression.
///
/// ```
/// use eventkit::Event;
/// use eventkit::filter::{AttributesOf, cesql::Expression};
///
/// let event = Event::builder().id("1").source("/shop").ty("t").build()?;
/// let expression: Expression = "id = 1".parse()?;
/// assert!(expression.evaluate(&AttributesOf(&event)).passes());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct AttributesOf<S>(pub S);

impl<S: AttributeSource> Attributes for AttributesOf<&S> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.0.attribute(name).map(value)
    }
}

impl Attributes for Event {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.attribute(name).map(value)
    }
}

impl Attributes for TypedAttributes {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.attribute(name).map(value)
    }
}

/// Booleans and Integers keep their type, all other values are Strings (CESQL 3.1).
fn value(attribute: AttributeRef<'_>) -> Value<'_> {
    match attribute {
        AttributeRef::Boolean(flag) => Value::Boolean(flag),
        AttributeRef::Integer(number) => Value::Integer(number),
        other => Value::String(other.into_text()),
    }
}
