//! The store of a service's dead letters.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;

use super::dead_letter::{Failed, FailureRecord, LetterForm};
use super::error::within;
use super::names;
use eventkit::transport::{
    Publisher, RawMessage, Subscription, Transport, TransportError, TransportErrorKind, with_causes,
};

/// The maximum number of dead letters that one reader leases.
pub(crate) const MAX_LEASED_LETTERS: usize = 10_000;
/// How long a dead letter stays leased if its reader reports no progress.
pub(crate) const LETTER_ACK_WAIT: Duration = Duration::from_mins(5);
const STORE_TIMEOUT: Duration = Duration::from_secs(30);

/// The store of dead letters: the transport that the event came from, or a separate publisher.
pub(crate) struct DeadLetterSink {
    /// The event type of the dead letters.
    ty: String,
    destination: Destination,
}

enum Destination {
    /// The subscription must exist before the first dead letter is published, so that the transport
    /// keeps it.
    Transport(Arc<dyn Transport>, Subscription, OnceCell<()>),
    Publisher(Arc<dyn Publisher>),
}

impl DeadLetterSink {
    /// Creates a sink that publishes dead letters to a publisher, or keeps those of a service on a
    /// transport.
    pub(crate) fn new(
        publisher: Option<Arc<dyn Publisher>>,
        transport: &Arc<dyn Transport>,
        service: &str,
        ty: &str,
    ) -> Self {
        let destination = if let Some(publisher) = publisher {
            Destination::Publisher(publisher)
        } else {
            let subscription = subscription(service, ty);
            Destination::Transport(Arc::clone(transport), subscription, OnceCell::new())
        };
        Self {
            ty: ty.to_owned(),
            destination,
        }
    }

    /// Stores a dead letter in the first form that the store accepts, and returns once it is
    /// stored.
    ///
    /// The last form is so small that a store which rejects it rejects all dead letters.
    pub(crate) async fn store(
        &self,
        record: &FailureRecord<'_>,
        failed: Failed<'_>,
    ) -> Result<(), TransportError> {
        let forms = LetterForm::ALL.into_iter();
        let mut letters = forms.filter_map(|form| Some((form, record.encode(failed, form)?)));
        loop {
            let Some((form, letter)) = letters.next() else {
                return Err(TransportError::rejected(
                    "the dead letter was rejected in every form",
                ));
            };
            match self.publish(&letter).await {
                Err(error)
                    if error.kind() == TransportErrorKind::Rejected
                        && form != LetterForm::PositionOnly =>
                {
                    tracing::warn!(
                        error = with_causes(&error),
                        ?form,
                        "a form of the dead letter was rejected; trying the next one"
                    );
                }
                stored => return stored,
            }
        }
    }

    async fn publish(&self, letter: &RawMessage) -> Result<(), TransportError> {
        let stored = async {
            let publisher: &dyn Publisher = match &self.destination {
                Destination::Publisher(publisher) => &**publisher,
                Destination::Transport(transport, subscription, opened) => {
                    let open = async || transport.subscribe(subscription).await?.close().await;
                    opened.get_or_try_init(open).await?;
                    &**transport
                }
            };
            publisher.publish_raw(&self.ty, letter).await.map(drop)
        };
        within(STORE_TIMEOUT, "the dead letter was not stored", stored).await
    }
}

/// Returns the subscription that keeps the dead letters of a service.
pub(crate) fn subscription(service: &str, ty: &str) -> Subscription {
    let mut subscription = Subscription::new(names::dead_letters(service), [ty]);
    // The first dead letters of a long list stay leased until the last one has arrived.
    subscription.ack_wait = LETTER_ACK_WAIT;
    subscription.max_in_flight = MAX_LEASED_LETTERS;
    subscription
}
