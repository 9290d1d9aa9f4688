//! Typed values of an event that several handlers share.

use std::any::{Any, TypeId, type_name};
use std::sync::Arc;

use super::{Cloning, CloudEvent, IsClone};
use crate::error::DecodeError;
use crate::event::Event;

/// A typed value of any type.
pub(crate) type SharedValue = dyn Any + Send + Sync;

/// The error for a value that could not be decoded, shared by all handlers of its type.
pub type SharedError = Arc<DecodeError>;

/// A function that creates a value of a type.
pub(crate) type MakeShared = fn(&dyn SharedEvent) -> Result<Box<SharedValue>, SharedError>;

/// An event whose value of each type is created at most once.
pub trait SharedEvent {
    /// Returns the event type.
    fn event_type(&self) -> &str;

    /// Returns whether more than one handler takes the event.
    fn is_shared(&self) -> bool;

    /// Returns the value of a type, which is created by the first call.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be created.
    fn value(&self, ty: TypeId, make: MakeShared) -> Result<&SharedValue, SharedError>;

    /// Returns the envelope for decoding a value.
    ///
    /// # Errors
    ///
    /// Returns an error if the event has no envelope.
    fn decodable(&self) -> Result<&Event, DecodeError>;
}

/// The type that a variant of an enum contains.
#[derive(Debug, Clone, Copy)]
pub struct VariantType {
    /// The type.
    pub(crate) id: TypeId,
    /// The name of the type.
    pub(crate) name: fn() -> &'static str,
    /// Whether the type is [`Clone`], so that the enum can be created from a shared value.
    pub(crate) is_clone: IsClone,
}

impl VariantType {
    /// Returns the metadata of a type.
    #[must_use]
    pub const fn of<T: 'static>(cloning: Cloning<T>) -> Self {
        Self {
            id: TypeId::of::<T>(),
            name: type_name::<T>,
            is_clone: cloning.is_clone(),
        }
    }
}

/// Returns the position of the event's type among the types of an enum, or their number if it is
/// not among them.
///
/// # Errors
///
/// Never returns an error. The signature matches [`shared_position`].
pub fn shared_position_or_other(
    event: &dyn SharedEvent,
    types: &[&'static str],
) -> Result<usize, SharedError> {
    let ty = event.event_type();
    let found = types.iter().position(|own| *own == ty);
    Ok(found.unwrap_or(types.len()))
}

/// Returns the position of the event's type among the types of an enum.
///
/// # Errors
///
/// Returns an error if it is not among them.
pub fn shared_position(
    event: &dyn SharedEvent,
    types: &[&'static str],
) -> Result<usize, SharedError> {
    let ty = event.event_type();
    let found = types.iter().position(|own| *own == ty);
    found.ok_or_else(|| DecodeError::unexpected_type(ty, types).into())
}

/// Returns the shared value of a type.
///
/// # Errors
///
/// Returns an error if the value cannot be created.
pub(crate) fn shared_value<T: CloudEvent>(event: &dyn SharedEvent) -> Result<&T, SharedError> {
    match event.value(TypeId::of::<T>(), make_shared::<T>) {
        Ok(value) => match value.downcast_ref() {
            Some(value) => Ok(value),
            None => Err(of_another_type()),
        },
        Err(error) => Err(error),
    }
}

fn make_shared<T: CloudEvent>(event: &dyn SharedEvent) -> Result<Box<SharedValue>, SharedError> {
    match T::from_shared(event) {
        Ok(value) => Ok(Box::new(value)),
        Err(error) => Err(error),
    }
}

#[cold]
fn of_another_type() -> SharedError {
    DecodeError::not_an_event("the value is of another type").into()
}
