//! The state that all clones of a transport share.

use std::time::Duration;

use eventkit::Limits;

use super::api::Api;
use super::stream::StreamSettings;
use crate::mapping::message::Mode;

/// The connection and the settings of a transport.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) api: Api,
    pub(super) stream: StreamSettings,
    /// The prefix of all subjects.
    pub(super) prefix: String,
    pub(super) mode: Mode,
    pub(super) limits: Limits,
    pub(super) idle_heartbeat: Duration,
    pub(super) max_ack_pending: usize,
    /// Whether settings of consumers that differ are updated, if the server can.
    pub(super) updates_consumers: bool,
}
