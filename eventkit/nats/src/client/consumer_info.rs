//! The information on a durable consumer.

use serde::Deserialize;
use serde_json::Value;

use super::settings::Settings;

/// The fields of the consumer information that the transport reads.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ConsumerInfo {
    pub(super) config: Value,
    pub(super) ack_floor: AckFloor,
    pub(super) num_pending: u64,
    pub(super) num_ack_pending: u64,
    #[serde(default)]
    pub(super) paused: bool,
}

/// The position up to which all messages are settled.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct AckFloor {
    pub(super) stream_seq: u64,
}

impl ConsumerInfo {
    pub(super) fn settings(&self) -> Settings<'_> {
        Settings::new(&self.config)
    }

    /// Returns the sequence up to which all messages are settled, if any are.
    pub(super) fn settled(&self) -> Option<u64> {
        let settled = self.ack_floor.stream_seq;
        (settled > 0).then_some(settled)
    }
}
