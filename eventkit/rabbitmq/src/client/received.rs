//! The deliveries that the broker has sent.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use lapin::message::Delivery;

/// The messages that the broker has sent and that the consumer has not delivered yet.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) consumer: lapin::Consumer,
    pub(super) deliveries: VecDeque<Delivery>,
    end: Option<End>,
}

/// The reason why a consumer receives no more messages.
#[derive(Debug, Clone)]
pub(super) enum End {
    /// The broker has cancelled the consumer, or this process has.
    Cancelled,
    Lost(lapin::Error),
}

impl Received {
    pub(super) fn new(consumer: lapin::Consumer) -> Self {
        Self {
            consumer,
            deliveries: VecDeque::new(),
            end: None,
        }
    }

    /// Returns the next delivery, or the reason why none follows.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Delivery, End>> {
        loop {
            let delivery = match self.deliveries.pop_front() {
                Some(delivery) => delivery,
                None => match &self.end {
                    Some(end) => return Poll::Ready(Err(end.clone())),
                    None => match Pin::new(&mut self.consumer).poll_next(context) {
                        Poll::Pending => return Poll::Pending,
                        Poll::Ready(next) => match self.note_end(next) {
                            Some(delivery) => delivery,
                            None => continue,
                        },
                    },
                },
            };
            // The broker delivers messages of a lost connection again.
            if delivery.acker.usable() {
                return Poll::Ready(Ok(delivery));
            }
        }
    }

    /// Returns the next delivery; if none follows, notes the reason.
    fn note_end(&mut self, next: Option<lapin::Result<Delivery>>) -> Option<Delivery> {
        match next {
            Some(Ok(delivery)) => return Some(delivery),
            Some(Err(error)) => self.end = Some(End::Lost(error)),
            None => self.end = Some(End::Cancelled),
        }
        None
    }

    /// Takes all deliveries that have arrived.
    pub(super) fn drain(&mut self) {
        let context = &mut Context::from_waker(Waker::noop());
        while self.end.is_none() {
            let Poll::Ready(next) = Pin::new(&mut self.consumer).poll_next(context) else {
                return;
            };
            let delivery = self.note_end(next);
            self.deliveries.extend(delivery);
        }
    }
}
