//! Detection of whether a type is [`Clone`].

use std::fmt;
use std::marker::PhantomData;

/// How a value of a type can be cloned.
pub enum Cloning<T> {
    /// With its [`Clone`] impl.
    By(fn(&T) -> T),
    /// Not at all, because the type is not [`Clone`].
    Impossible,
    /// Unknown, because the type has type parameters.
    Unknown,
}

impl<T> Cloning<T> {
    /// Returns the variant without the function.
    pub(crate) const fn is_clone(&self) -> IsClone {
        match self {
            Self::By(_) => IsClone::Yes,
            Self::Impossible => IsClone::No,
            Self::Unknown => IsClone::Unknown,
        }
    }
}

impl<T> Clone for Cloning<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Cloning<T> {}

impl<T> fmt::Debug for Cloning<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.is_clone().fmt(f)
    }
}

/// Whether a type is [`Clone`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IsClone {
    /// The type is [`Clone`].
    Yes,
    /// The type is not [`Clone`].
    No,
    /// Unknown.
    Unknown,
}

/// A probe for the [`Clone`] impl of a type, by autoref specialization.
///
/// If the type is [`Clone`], the compiler takes the inherent constant, and otherwise the constant
/// of [`NotClone`]. The reserved name does not collide with a trait of the user. The result is
/// correct only for concrete types; in generic code, it depends on the bounds.
#[derive(Debug)]
pub struct CloneProbe<T>(PhantomData<T>);

impl<T: Clone> CloneProbe<T> {
    /// The [`Clone`] impl.
    pub const __EVENTKIT_CLONING: Cloning<T> = Cloning::By(T::clone);
}

/// The fallback for types that are not [`Clone`].
pub trait NotClone<T> {
    /// No impl of [`Clone`].
    const __EVENTKIT_CLONING: Cloning<T> = Cloning::Impossible;
}

impl<T> NotClone<T> for CloneProbe<T> {}
