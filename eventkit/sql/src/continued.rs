//! Work on the database that is not cancelled.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use eventkit::transport::BoxFuture;
use tokio::runtime::Handle;

/// A future that runs to completion even if it is dropped.
///
/// A statement that is cancelled while PostgreSQL executes it still takes effect, without a result.
pub(crate) struct Continued<T: Send + 'static>(Option<BoxFuture<'static, T>>);

impl<T: Send + 'static> Continued<T> {
    pub(crate) fn new(future: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Some(Box::pin(future)))
    }
}

impl<T: Send + 'static> Future for Continued<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let Some(future) = &mut self.0 else {
            return Poll::Pending;
        };
        let output = ready!(future.as_mut().poll(context));
        self.0 = None;
        Poll::Ready(output)
    }
}

impl<T: Send + 'static> Drop for Continued<T> {
    fn drop(&mut self) {
        // Without a runtime, the pool ends too.
        if let (Some(future), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            // Its output is dropped.
            runtime.spawn(future);
        }
    }
}
