//! The thread of an inbox, which commits pending operations in a single transaction.

use std::sync::Arc;
use std::{io, thread};

use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

use super::store::{Entries, Store};

/// The maximum number of queued operations; further ones wait until there is room.
const MAX_QUEUED: usize = 1024;
/// The maximum number of operations in a transaction. Each operation waits for all of them.
const MAX_BATCH: usize = 256;

/// A handle to the thread, which ends once the last handle is dropped and the queue is empty.
#[derive(Debug, Clone)]
pub(super) struct Worker {
    requests: mpsc::Sender<Box<dyn Request>>,
}

/// The error of an operation.
#[derive(Debug, Error)]
pub(super) enum WorkerError {
    /// The transaction failed, which the operation may have shared with others.
    #[error(transparent)]
    Transaction(Arc<rusqlite::Error>),
    #[error("the thread of the inbox has ended")]
    Ended,
}

/// An operation that is to be executed in a transaction.
trait Request: Send {
    fn execute(&mut self, entries: &mut Entries<'_>) -> rusqlite::Result<()>;

    /// Sends the output, or the error of the transaction, to the caller.
    fn reply(self: Box<Self>, committed: Result<(), Arc<rusqlite::Error>>);
}

struct Operation<W, T> {
    work: W,
    output: Option<T>,
    reply: oneshot::Sender<Result<T, Arc<rusqlite::Error>>>,
}

impl Worker {
    /// Starts the thread.
    pub(super) fn start(store: Store) -> io::Result<Self> {
        let (requests, receiver) = mpsc::channel(MAX_QUEUED);
        let thread = thread::Builder::new().name("eventkit-inbox".to_owned());
        thread.spawn(move || run(store, receiver))?;
        Ok(Self { requests })
    }

    /// Runs an operation on the entries, and returns its output after the commit.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Entries<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, WorkerError> {
        let (reply, receiver) = oneshot::channel();
        let operation = Operation {
            work,
            output: None,
            reply,
        };
        let sent = self.requests.send(Box::new(operation)).await;
        sent.map_err(|_| WorkerError::Ended)?;
        let output = receiver.await.map_err(|_| WorkerError::Ended)?;
        output.map_err(WorkerError::Transaction)
    }
}

impl<W, T> Request for Operation<W, T>
where
    W: Fn(&mut Entries<'_>) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn execute(&mut self, entries: &mut Entries<'_>) -> rusqlite::Result<()> {
        self.output = Some((self.work)(entries)?);
        Ok(())
    }

    fn reply(self: Box<Self>, committed: Result<(), Arc<rusqlite::Error>>) {
        let Self { output, reply, .. } = *self;
        if let Some(output) = committed.map(|()| output).transpose() {
            // The caller may have stopped waiting.
            let _ = reply.send(output);
        }
    }
}

/// Executes requests until all handles are dropped; pending requests share a transaction.
fn run(mut store: Store, mut requests: mpsc::Receiver<Box<dyn Request>>) {
    let mut batch = Vec::with_capacity(MAX_BATCH);
    while requests.blocking_recv_many(&mut batch, MAX_BATCH) > 0 {
        let committed = store.transaction(|entries| {
            let mut requests = batch.iter_mut();
            requests.try_for_each(|request| request.execute(entries))
        });
        let committed = committed.map_err(Arc::new);
        for request in batch.drain(..) {
            request.reply(committed.clone());
        }
    }
}
