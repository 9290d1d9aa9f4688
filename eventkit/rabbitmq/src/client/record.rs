//! The key by which the record of a message is found.

use eventkit::Event;
use eventkit::transport::InvalidMessage;
use uuid::Uuid;

/// Returns the key of a message: RabbitMQ gives it none, so it is made of the event.
///
/// Copies of one event in the queue of one subscription have one record. A replay has a routing key of its
/// own, and so a record of its own.
pub(super) fn key(routing_key: &str, event: &Result<Event, Box<InvalidMessage>>) -> Uuid {
    let mut name = Vec::new();
    let mut add = |part: &[u8]| {
        name.extend_from_slice(&part.len().to_be_bytes());
        name.extend_from_slice(part);
    };
    add(routing_key.as_bytes());
    match event {
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
