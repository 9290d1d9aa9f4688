//! Clones of types that may or may not be [`Clone`].

use std::fmt;
use std::marker::PhantomData;

/// How a value of a type is cloned.
pub enum Cloning<T> {
    /// By its [`Clone`] impl.
    By(fn(&T) -> T),
    /// Not at all: the type is not [`Clone`].
    Impossible,
    /// It is not known: the type has parameters.
    Unknown,
}

impl<T> Cloning<T> {
    /// Returns the same without the function.
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
    /// It is.
    Yes,
    /// It is not.
    No,
    /// It is not known.
    Unknown,
}

/// Asks how a type is cloned.
///
/// If the type is [`Clone`], the compiler takes the inherent constant; otherwise it goes on to that
/// of [`NotClone`]. Both have a reserved name, so that no trait of the user's is in the way. The
/// answer holds where the type is known: in code that is generic over it, only a bound tells.
#[derive(Debug)]
pub struct CloneProbe<T>(PhantomData<T>);

impl<T: Clone> CloneProbe<T> {
    /// The impl of [`Clone`].
    pub const __EVENTKIT_CLONING: Cloning<T> = Cloning::By(T::clone);
}

/// Answers for types that are not [`Clone`].
pub trait NotClone<T> {
    /// No impl of [`Clone`].
    const __EVENTKIT_CLONING: Cloning<T> = Cloning::Impossible;
}

impl<T> NotClone<T> for CloneProbe<T> {}
