//! Clones values of types that may or may not be [`Clone`].

/// Asks a value for a clone.
///
/// Where the type is [`Clone`], the inherent method is the one that a call finds; where it is not,
/// the compiler goes on to that of [`NotClone`]. This holds where the type is known: in code that is
/// generic over it, only a bound tells.
#[derive(Debug)]
pub struct CloneProbe<'a, T>(pub &'a T);

impl<T: Clone> CloneProbe<'_, T> {
    /// Returns a clone.
    #[must_use]
    pub fn try_clone(&self) -> Option<T> {
        Some(self.0.clone())
    }
}

/// Answers for types that are not [`Clone`].
pub trait NotClone<T> {
    /// Returns nothing.
    fn try_clone(&self) -> Option<T>;
}

impl<T> NotClone<T> for CloneProbe<'_, T> {
    fn try_clone(&self) -> Option<T> {
        None
    }
}
