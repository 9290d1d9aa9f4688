//! The signals that end a command.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::{Failure, Status};
use crate::output;

/// Waits for Ctrl-C or SIGTERM, from the time of the call on.
#[derive(Debug)]
pub(crate) struct Interrupts {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Interrupts {
    #[cfg(unix)]
    pub(crate) fn new() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| {
            signal(kind)
                .map_err(|error| Failure::data(format!("failed to handle signals: {error}")))
        };
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "signals of Unix can fail")]
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Self {})
    }

    /// Returns once a signal has come.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) {
        drop(tokio::signal::ctrl_c().await);
    }
}

/// Waits for an operation that stops by itself once the flag is set, as the first signal does. The second signal
/// aborts it.
pub(crate) async fn until_done<T>(
    is_interrupted: &AtomicBool,
    operation: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let mut interrupts = Interrupts::new()?;
    let mut operation = pin!(operation);
    loop {
        tokio::select! {
            biased;
            () = interrupts.next() => {}
            result = &mut operation => return result,
        }
        if is_interrupted.swap(true, Ordering::Relaxed) {
            return Err(Failure::reported(Status::Interrupted));
        }
        output::note("interrupted; returning the dead letters to the broker");
    }
}
