//! How a message is settled.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_nats::Subject;
use async_nats::jetstream::AckKind;
use tokio::sync::Notify;

use super::api::Api;
use eventkit::transport::backoff::FAR_FUTURE;
use eventkit::transport::{Acknowledger, BoxFuture, MessageMetadata, Settlement, TransportError};

/// Counts the messages that a consumer has given out and that are unsettled.
#[derive(Debug, Default)]
pub(super) struct GivenOut {
    count: AtomicUsize,
    /// Is told when there is one less.
    pub(super) settled: Notify,
}

impl GivenOut {
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    pub(super) fn one_more(self: &Arc<Self>) -> Place {
        self.count.fetch_add(1, Ordering::AcqRel);
        Place(Arc::clone(self))
    }
}

/// Is counted until it is dropped.
#[derive(Debug)]
pub(super) struct Place(Arc<GivenOut>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::AcqRel);
        self.0.settled.notify_one();
    }
}

/// Settles one message; every word is confirmed by the server.
#[derive(Debug)]
pub(super) struct NatsSettle {
    pub(super) api: Arc<Api>,
    pub(super) reply: Subject,
    #[expect(
        dead_code,
        reason = "it is free when this is dropped, with the last word or without"
    )]
    pub(super) place: Place,
}

impl NatsSettle {
    async fn say(&self, what: &str, kind: AckKind) -> Result<(), TransportError> {
        let answer = self
            .api
            .request(what, self.reply.as_str(), None, kind.into());
        answer.await.map(drop)
    }
}

impl Acknowledger for NatsSettle {
    fn settle(
        self: Arc<Self>,
        _: MessageMetadata,
        how: Settlement,
    ) -> BoxFuture<'static, Result<(), TransportError>> {
        let (what, kind) = match how {
            Settlement::Ack => ("acknowledge a message", AckKind::Ack),
            Settlement::Terminate => ("terminate a message", AckKind::Term),
            Settlement::Nack(delay) => {
                // The server has no number for what is longer than some centuries.
                let delay = (!delay.is_zero()).then_some(delay.min(FAR_FUTURE));
                ("give a message back", AckKind::Nak(delay))
            }
        };
        Box::pin(async move { self.say(what, kind).await })
    }

    fn in_progress(&self, _: MessageMetadata) -> BoxFuture<'_, Result<(), TransportError>> {
        Box::pin(self.say("say that a message is in progress", AckKind::Progress))
    }
}
