//! The end of a service.

use std::future::Future;
use std::io;

/// A report on how a service ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// The number of messages that were released to their transports: those whose handler had not
    /// started, or had not finished within the shutdown timeout.
    pub released: u64,
    /// The number of messages that could not be released in time; they are delivered again after
    /// `ack_wait`.
    pub abandoned: u64,
}

/// Listens for the signals that ask the process to stop.
#[cfg(unix)]
pub(crate) fn signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Listens for the signal that asks the process to stop.
#[cfg(not(unix))]
pub(crate) fn signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without the signal, the service is stopped by its handle.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
