//! The published events.

use eventkit::transport::{RawMessage, Transport, TransportError, TransportErrorKind};
use eventkit::{BoxError, CloudEvent};
use serde::{Deserialize, Serialize};

/// A parcel was weighed.
#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.parcel.weighed", source = "/chaos-test")]
pub(crate) struct ParcelWeighed {
    /// The id, which makes the second publication of an event a duplicate.
    #[cloudevent(id)]
    pub(crate) id: String,
    /// The depot, for filters.
    #[cloudevent(subject)]
    pub(crate) depot: String,
    pub(crate) number: u64,
}

/// A parcel was sorted. A later deployment selects this event type too.
#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.parcel.sorted", source = "/chaos-test")]
pub(crate) struct ParcelSorted {
    #[cloudevent(id)]
    pub(crate) id: String,
    #[cloudevent(subject)]
    pub(crate) depot: String,
    pub(crate) number: u64,
}

/// A receipt was printed, the outgoing event of a handler.
#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.receipt.printed", source = "/chaos-test")]
pub(crate) struct ReceiptPrinted {
    pub(crate) number: u64,
}

/// The kind of message that is published under a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A [`ParcelWeighed`] of a depot.
    Weighed(&'static str),
    /// A [`ParcelSorted`] of a depot.
    Sorted(&'static str),
    /// A message that is not an event.
    NotAnEvent,
    /// An event whose data does not fit its type.
    OtherData,
}

impl Kind {
    /// Returns the kind of each event in rows without special events.
    pub(crate) fn healthy(_: u64, _: u64) -> Self {
        Self::Weighed("north")
    }

    /// Returns the kinds of a row in which one event in a hundred is malformed for the handlers.
    pub(crate) fn poison(number: u64, _: u64) -> Self {
        match number % 200 {
            3 => Self::NotAnEvent,
            103 => Self::OtherData,
            _ => Self::Weighed("north"),
        }
    }

    /// Returns the kinds of a deployment. Its second half includes events that the handlers of the
    /// former deployment do not select.
    pub(crate) fn of_deployment(number: u64, events: u64) -> Self {
        match number % 4 {
            _ if number < events / 2 => Self::Weighed("north"),
            1 => Self::Sorted("north"),
            2 => Self::Weighed("south"),
            3 => Self::Sorted("south"),
            _ => Self::Weighed("north"),
        }
    }

    /// Publishes a message of this kind once.
    pub(crate) async fn publish(
        self,
        broker: &dyn Transport,
        number: u64,
    ) -> Result<(), TransportError> {
        let message = self.message(number).map_err(|error| {
            let message = "failed to create the message";
            TransportError::new(TransportErrorKind::Rejected, message).with_source(error)
        })?;
        match message {
            Message::Event(event) => broker.publish_event(&event).await.map(drop),
            Message::Raw(raw) => broker
                .publish_raw(ParcelWeighed::TYPE, &raw)
                .await
                .map(drop),
        }
    }

    fn message(self, number: u64) -> Result<Message, BoxError> {
        let id = format!("parcel-{number}");
        let weighed = |depot: &str| ParcelWeighed {
            id: id.clone(),
            depot: depot.to_owned(),
            number,
        };
        let event = match self {
            Self::Weighed(depot) => weighed(depot).to_event()?,
            Self::Sorted(depot) => {
                let depot = depot.to_owned();
                ParcelSorted { id, depot, number }.to_event()?
            }
            Self::OtherData => {
                let event = weighed("north").event_builder()?;
                event.data_json(&"no parcel")?.build()?
            }
            Self::NotAnEvent => {
                let body = format!("poison-{number}");
                return Ok(Message::Raw(RawMessage::new(Vec::new(), body)));
            }
        };
        Ok(Message::Event(Box::new(event)))
    }
}

enum Message {
    Event(Box<eventkit::Event>),
    Raw(RawMessage),
}
