//! Access to the attributes that an expression refers to.

use crate::value::Value;

/// A source of attribute values, by name.
///
/// Implementors give expressions access to the attributes of their event type.
///
/// The front page of the [crate] has an implementation.
pub trait Attributes {
    /// Returns the value of an attribute, or `None` if the event does not have it.
    ///
    /// Names are passed in lowercase.
    fn get(&self, name: &str) -> Option<Value<'_>>;

    /// Returns whether the event has an attribute with this name.
    fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

impl<A: Attributes + ?Sized> Attributes for &A {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        (**self).get(name)
    }

    fn contains(&self, name: &str) -> bool {
        (**self).contains(name)
    }
}
