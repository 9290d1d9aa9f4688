//! A result that is there at once, or later.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::BoxFuture;

/// Is a future of a result that may be there already, and then takes no box.
///
/// The traits of transports return it where a message of a busy transport passes: what is at hand is
/// given with [`now`](MaybeReady::now), and what has to be waited for with
/// [`later`](MaybeReady::later).
#[must_use = "futures do nothing unless they are awaited"]
pub struct MaybeReady<'a, T>(Inner<'a, T>);

enum Inner<'a, T> {
    Now(Option<T>),
    Later(BoxFuture<'a, T>),
}

impl<'a, T> MaybeReady<'a, T> {
    /// Makes it of a result.
    pub fn now(result: T) -> Self {
        Self(Inner::Now(Some(result)))
    }

    /// Makes it of a future.
    pub fn later(future: impl Future<Output = T> + Send + 'a) -> Self {
        Self(Inner::Later(Box::pin(future)))
    }

    /// Returns the result where it is there.
    ///
    /// # Errors
    ///
    /// The future itself, where it has to be awaited.
    pub fn get(self) -> Result<T, Self> {
        match self.0 {
            Inner::Now(Some(result)) => Ok(result),
            later => Err(Self(later)),
        }
    }
}

// The result is moved out, never pinned.
impl<T> Unpin for MaybeReady<'_, T> {}

impl<T> Future for MaybeReady<'_, T> {
    type Output = T;

    /// Polls it.
    ///
    /// # Panics
    ///
    /// Where it is polled after its end.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        match &mut self.0 {
            Inner::Now(result) => {
                Poll::Ready(result.take().expect("it is not polled after its end"))
            }
            Inner::Later(future) => future.as_mut().poll(context),
        }
    }
}

impl<T> fmt::Debug for MaybeReady<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Inner::Now(_) => "MaybeReady::now",
            Inner::Later(_) => "MaybeReady::later",
        })
    }
}
