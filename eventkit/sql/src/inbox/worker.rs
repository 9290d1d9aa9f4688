//! The worker that executes the operations of an inbox together.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::yield_now;

use super::MAX_QUEUED;
use super::batch::Batch;
use super::operation::{Answer, Operation, OperationKind};
use crate::batch_statements::{BatchStatements, MAX_ROWS};
use crate::database::SqlDatabase;
use crate::error::SqlError;
use crate::store::SqlStore;

/// The number of batches after which the connection goes back to the pool, where others may wait for it.
///
/// The pool tests each connection that it is given back, and that takes as long as a small batch.
const MAX_BATCHES: usize = 32;

/// An operation that waits to be executed.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) operation: Operation,
    pub(super) reply: oneshot::Sender<Result<Answer, Arc<SqlError>>>,
}

impl Request {
    /// Returns whether this is a claim whose caller has stopped waiting.
    fn is_abandoned(&self) -> bool {
        let is_claim = matches!(self.operation.kind, OperationKind::Claim { .. });
        is_claim && self.reply.is_closed()
    }
}

/// Executes waiting operations together, until all inboxes are dropped.
pub(super) async fn work<DB: SqlDatabase>(
    store: SqlStore<DB>,
    statements: Arc<BatchStatements>,
    mut requests: mpsc::Receiver<Request>,
) {
    let mut waiting = Vec::with_capacity(MAX_ROWS);
    while requests.recv_many(&mut waiting, MAX_ROWS).await > 0 {
        let mut connection = match store.connection("access the inbox").await {
            Ok(connection) => connection,
            Err(error) => {
                // The operations in the queue have waited for the connection too.
                take(&mut requests, &mut waiting, MAX_QUEUED);
                answer(&mut waiting, Err(error));
                continue;
            }
        };
        for number in 0..MAX_BATCHES {
            if number > 0 && !take_more(&mut requests, &mut waiting).await {
                break;
            }
            let answers = execute(&store, &mut connection, &statements, &mut waiting).await;
            let has_failed = answers.is_err();
            answer(&mut waiting, answers);
            if has_failed {
                // The pool tests whether the connection can still be used.
                break;
            }
        }
    }
}

/// Takes the operations that are waiting by now, and returns whether there are any.
async fn take_more(requests: &mut mpsc::Receiver<Request>, waiting: &mut Vec<Request>) -> bool {
    // Callers that were answered may already have their next operation.
    yield_now().await;
    take(requests, waiting, MAX_ROWS);
    !waiting.is_empty()
}

/// Takes operations until there are as many as a limit.
fn take(requests: &mut mpsc::Receiver<Request>, waiting: &mut Vec<Request>, limit: usize) {
    while waiting.len() < limit
        && let Ok(request) = requests.try_recv()
    {
        waiting.push(request);
    }
}

async fn execute<DB: SqlDatabase>(
    store: &SqlStore<DB>,
    connection: &mut DB::Connection,
    statements: &BatchStatements,
    waiting: &mut Vec<Request>,
) -> Result<Vec<Answer>, SqlError> {
    waiting.retain(|request| !request.is_abandoned());
    let operations: Vec<_> = waiting.iter().map(|own| &own.operation).collect();
    store.sweep(connection).await;
    let mut batch = Batch::<DB> {
        connection,
        statements,
        window: store.window_millis(),
    };
    let answers = batch.execute(&operations).await;
    answers.map_err(SqlError::of("access the inbox"))
}

/// Answers the operations in their order, or all with an error.
fn answer(waiting: &mut Vec<Request>, answers: Result<Vec<Answer>, SqlError>) {
    match answers {
        Ok(answers) => {
            for (request, answer) in waiting.drain(..).zip(answers) {
                // The caller may have stopped waiting.
                let _ = request.reply.send(Ok(answer));
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            for request in waiting.drain(..) {
                let _ = request.reply.send(Err(Arc::clone(&error)));
            }
        }
    }
}
