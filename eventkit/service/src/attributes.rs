//! The attributes of metrics.

use opentelemetry::KeyValue;

use eventkit::transport::Destination;

/// The attributes of the metrics of a subscription, which never change.
#[derive(Debug)]
pub(crate) struct Attributes {
    /// Those that identify the subscription.
    pub(crate) identity: Vec<KeyValue>,
    pub(crate) process: Vec<KeyValue>,
    pub(crate) receive: Vec<KeyValue>,
    /// Those of the usual settlement.
    pub(crate) ack: Vec<KeyValue>,
}

impl Attributes {
    pub(crate) fn new(subscription: &str, destination: Option<Destination<'_>>) -> Self {
        let group = KeyValue::new("messaging.consumer.group.name", subscription.to_owned());
        let mut identity = vec![group];
        if let Some(Destination { system, name, .. }) = destination {
            identity.push(KeyValue::new("messaging.system", system.to_owned()));
            identity.push(KeyValue::new("messaging.destination.name", name.to_owned()));
        }
        let operation = |name| with(&identity, KeyValue::new("messaging.operation.name", name));
        Self {
            process: operation("process"),
            receive: operation("receive"),
            ack: settle(&identity, "ack"),
            identity,
        }
    }

    /// Returns the attributes of a settlement.
    pub(crate) fn settle(&self, operation: &'static str) -> Vec<KeyValue> {
        settle(&self.identity, operation)
    }
}

/// Returns attributes with one more.
pub(crate) fn with(attributes: &[KeyValue], more: KeyValue) -> Vec<KeyValue> {
    let mut attributes = attributes.to_vec();
    attributes.push(more);
    attributes
}

fn settle(identity: &[KeyValue], operation: &'static str) -> Vec<KeyValue> {
    let mut attributes = with(
        identity,
        KeyValue::new("messaging.operation.name", operation),
    );
    attributes.push(KeyValue::new("messaging.operation.type", "settle"));
    attributes
}
