//! Batches of acknowledgements for the server.

use std::sync::{Arc, Mutex, PoisonError};

use async_nats::Subject;
use async_nats::client::Request;
use async_nats::jetstream::AckKind;
use eventkit::transport::TransportError;
use futures_util::future::join_all;
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::timeout;

use super::api::Api;
use super::error::no_response;

/// Sends acknowledgements and waits for their confirmations.
///
/// Sent individually, each acknowledgement would be a separate write, because the connection task
/// runs as soon as there is something to write. Acknowledgements of handlers that end at the same
/// time are gathered and written together.
#[derive(Debug)]
pub(super) struct Acknowledgements {
    api: Api,
    pending: Mutex<Vec<Pending>>,
}

#[derive(Debug)]
struct Pending {
    reply: Subject,
    operation: &'static str,
    kind: AckKind,
    confirmed: oneshot::Sender<Result<(), TransportError>>,
}

impl Acknowledgements {
    pub(super) fn new(api: Api) -> Self {
        Self {
            api,
            pending: Mutex::default(),
        }
    }

    /// Sends an acknowledgement, and returns once it is confirmed.
    pub(super) async fn send(
        self: &Arc<Self>,
        operation: &'static str,
        reply: &Subject,
        kind: AckKind,
    ) -> Result<(), TransportError> {
        let (confirmed, confirmation) = oneshot::channel();
        let is_first = {
            let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
            pending.push(Pending {
                reply: reply.clone(),
                operation,
                kind,
                confirmed,
            });
            pending.len() == 1
        };
        if is_first {
            let turn = Turn(Some(Arc::clone(self)));
            tokio::spawn(turn.send_pending());
        }
        let unanswered = |_| Err(self.api.no_answer(operation, reply));
        confirmation.await.unwrap_or_else(unanswered)
    }

    fn take_pending(&self) -> Vec<Pending> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *pending)
    }
}

/// A guard of the task that sends the pending acknowledgements. If the task is dropped first, as
/// when its runtime ends, the pending acknowledgements fail, and the next one starts another task.
struct Turn(Option<Arc<Acknowledgements>>);

impl Turn {
    async fn send_pending(mut self) {
        // Other tasks that are ready run first, and may add their acknowledgements.
        yield_now().await;
        let Some(acknowledgements) = self.0.take() else {
            return;
        };
        let api = &acknowledgements.api;
        let pending = acknowledgements.take_pending();
        let sending = pending.into_iter().map(async |pending| {
            let Pending { reply, kind, .. } = pending;
            let request = Request::new().payload(kind.into()).timeout(None);
            let response = api.client.send_request(reply, request).await;
            let response = response.map_err(|error| no_response(pending.operation, &error));
            // If the receiver was dropped, no task waits for this confirmation any longer.
            let _ = pending.confirmed.send(response.map(drop));
        });
        // Dropping the senders on a timeout reports the failure to all waiting tasks.
        let _ = timeout(api.timeout, join_all(sending)).await;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(acknowledgements) = &self.0 {
            drop(acknowledgements.take_pending());
        }
    }
}
