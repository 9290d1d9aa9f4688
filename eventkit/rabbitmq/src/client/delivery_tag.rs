//! The tag of a delivery, by which it is settled once.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Waker};

use lapin::Channel;
use lapin::options::{BasicAckOptions, BasicNackOptions};

/// The tag of a delivery. The broker closes the channel if a tag is used twice.
///
/// The requests use the channel instead of the client's `Acker`, which does not keep their order with later requests
/// of the channel.
#[derive(Debug, Clone)]
pub(super) struct DeliveryTag {
    pub(super) number: u64,
    is_used: Arc<AtomicBool>,
}

impl DeliveryTag {
    pub(super) fn new(number: u64) -> Self {
        Self {
            number,
            is_used: Arc::default(),
        }
    }

    /// Returns whether the delivery is not settled and its channel is open.
    pub(super) fn is_open(&self, channel: &Channel) -> bool {
        !self.is_used.load(Ordering::Acquire) && channel.status().connected()
    }

    fn take(&self, channel: &Channel) -> bool {
        channel.status().connected() && !self.is_used.swap(true, Ordering::AcqRel)
    }

    /// Acknowledges the delivery, and returns whether it was open.
    pub(super) async fn ack(&self, channel: &Channel) -> lapin::Result<bool> {
        if !self.take(channel) {
            return Ok(false);
        }
        let acking = channel.basic_ack(self.number, BasicAckOptions::default());
        acking.await.map(|()| true)
    }

    /// Returns the delivery to its queue. The request is sent at once, in the order of the calls.
    pub(super) fn requeue(&self, channel: &Channel) {
        if !self.take(channel) {
            return;
        }
        let options = BasicNackOptions {
            requeue: true,
            ..BasicNackOptions::default()
        };
        let mut sending = pin!(channel.basic_nack(self.number, options));
        // The first poll sends the request, which has no answer. If the channel is lost, the broker returns the
        // message anyway.
        let _ = sending
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
    }
}
