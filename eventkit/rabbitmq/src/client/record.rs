//! The key by which the record of a message is found.

use bytes::Bytes;
use eventkit::Limits;
use lapin::BasicProperties;
use uuid::Uuid;

use super::received_message::Origin;
use crate::mapping::message;

/// Returns the key of a message. RabbitMQ assigns no ids, so the key is derived from the event.
///
/// Copies of an event in the queue of a subscription share a record. A replay has its own routing key, and so its
/// own record.
pub(super) fn key(
    limits: Limits,
    origin: &Origin,
    properties: &BasicProperties,
    body: &Bytes,
) -> Uuid {
    let mut name = Vec::new();
    let mut add = |part: &[u8]| {
        name.extend_from_slice(&part.len().to_be_bytes());
        name.extend_from_slice(part);
    };
    add(origin.key.as_bytes());
    match message::decode(limits, properties, body) {
        Ok(event) => {
            add(event.source().as_bytes());
            add(event.id().as_bytes());
        }
        Err(invalid) => {
            add(&invalid.message.body);
            for (header, value) in &invalid.message.headers {
                add(header.as_bytes());
                add(value.as_bytes());
            }
        }
    }
    Uuid::new_v5(&Uuid::NAMESPACE_OID, &name)
}
