//! A message as received from the broker, with its origin and its counts.

use bytes::Bytes;
use eventkit::transport::MessageMetadata;
use lapin::BasicProperties;
use lapin::message::Delivery;

use super::delays::{Returned, as_published, has_foreign_headers};
use super::delivery_tag::DeliveryTag;
use crate::binding::HeaderRef;
use crate::mapping::message;
use crate::mapping::names::Names;
use crate::mapping::routing::RETURN_PREFIX;

/// The headers with the counts of the broker.
const COUNTS: [&str; 2] = ["x-delivery-count", "x-acquired-count"];

/// The exchange and the routing key to which a message was published.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) exchange: String,
    pub(super) key: String,
}

/// A message as received from the broker.
pub(super) struct ReceivedMessage {
    pub(super) metadata: MessageMetadata,
    pub(super) tag: DeliveryTag,
    pub(super) origin: Origin,
    pub(super) properties: BasicProperties,
    pub(super) body: Bytes,
    /// How often the broker has delivered it before.
    pub(super) redeliveries: u32,
    pub(super) returned: Option<Returned>,
}

impl ReceivedMessage {
    /// Reads the headers of the broker and of this transport.
    pub(super) fn read(names: &Names, delivery: Delivery) -> Self {
        let Delivery {
            delivery_tag,
            exchange,
            routing_key,
            redelivered,
            mut properties,
            data,
            ..
        } = delivery;
        // The broker writes the header when it delivers a message again; before, it is the sender's.
        let redeliveries = redeliveries(&properties)
            .filter(|_| redelivered)
            .unwrap_or(0);
        let is_returned =
            exchange.as_str() == names.services && routing_key.as_str().starts_with(RETURN_PREFIX);
        let returned = is_returned.then(|| Returned::read(&properties)).flatten();
        if has_foreign_headers(&properties) {
            let headers = as_published(&properties);
            properties = properties.with_headers(headers);
        }
        let before = returned.as_ref().map_or(0, |returned| returned.deliveries);
        let count = before.saturating_add(redeliveries).saturating_add(1);
        let origin = match &returned {
            Some(returned) => Origin {
                exchange: returned.exchange.clone(),
                key: returned.key.clone(),
            },
            None => Origin {
                exchange: exchange.into(),
                key: routing_key.into(),
            },
        };
        Self {
            metadata: MessageMetadata::new(count),
            tag: DeliveryTag::new(delivery_tag),
            origin,
            properties,
            body: Bytes::from(data),
            redeliveries,
            returned,
        }
    }

    /// Returns whether a part of its delay is left.
    pub(super) fn waits(&self) -> bool {
        let returned = self.returned.as_ref();
        returned.is_some_and(|returned| !returned.wait.is_over())
    }
}

/// Returns how often the broker has delivered a message before; `None` if it has not.
///
/// From RabbitMQ 4.3 on, the count of deliveries leaves out what a consumer returned with `basic.nack`, and
/// there is a count of acquisitions.
fn redeliveries(properties: &BasicProperties) -> Option<u32> {
    let counts = message::headers(properties).filter_map(|(name, value)| match value {
        HeaderRef::Integer(number) if COUNTS.contains(&name) => u32::try_from(number).ok(),
        _ => None,
    });
    counts.max()
}

#[cfg(test)]
mod tests {
    use super::super::queue::table;
    use super::*;
    use lapin::types::AMQPValue;

    #[test]
    fn deliveries_are_counted_by_all_versions_of_the_broker() {
        let number = AMQPValue::LongLongInt;
        for (headers, expected) in [
            (table([("x-acquired", number(7))]), None),
            (table([("x-delivery-count", number(0))]), Some(0)),
            (table([("x-delivery-count", number(3))]), Some(3)),
            (
                table([
                    ("x-delivery-count", number(1)),
                    ("x-acquired-count", number(4)),
                ]),
                Some(4),
            ),
        ] {
            let properties = BasicProperties::default().with_headers(headers);
            assert_eq!(redeliveries(&properties), expected);
        }
    }
}
