//! Publishing of many events, with several confirmations pending at a time.

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll};

use super::{BoxFuture, Published, TransportError};

/// The maximum number of events that wait for their confirmation at the same time.
const MAX_IN_FLIGHT: usize = 100;

/// The error returned by [`publish_all`](super::PublisherExt::publish_all), which lists the events that were
/// not published.
///
/// All events before [`next`](Self::next) that are not in [`failed`](Self::failed) are stored.
#[derive(Debug)]
#[non_exhaustive]
pub struct PublishAllError {
    /// The events that failed, each with its index.
    pub failed: Vec<(usize, TransportError)>,
    /// The index of the first event that was not tried, because another one had failed.
    pub next: usize,
}

impl fmt::Display for PublishAllError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { failed, next } = self;
        write!(
            f,
            "failed to publish {} of {next} events; the remaining events were not tried",
            failed.len()
        )
    }
}

impl Error for PublishAllError {
    /// Returns the error of the first event that failed.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let (_, first) = self.failed.first()?;
        Some(first)
    }
}

/// A run of `publish_all`.
pub(super) struct Publishing<'a, I> {
    events: I,
    in_flight: Vec<(usize, BoxFuture<'a, Result<Published, TransportError>>)>,
    /// The number of events taken from the iterator.
    next: usize,
    failed: Vec<(usize, TransportError)>,
}

impl<'a, I> Publishing<'a, I>
where
    I: Iterator<Item = BoxFuture<'a, Result<Published, TransportError>>>,
{
    pub(super) fn new(events: I) -> Self {
        Self {
            events,
            in_flight: Vec::new(),
            next: 0,
            failed: Vec::new(),
        }
    }

    /// Publishes all events, and returns their number.
    pub(super) async fn run(mut self) -> Result<usize, PublishAllError> {
        poll_fn(|context| self.poll(context)).await;
        let Self {
            next, mut failed, ..
        } = self;
        if failed.is_empty() {
            return Ok(next);
        }
        failed.sort_unstable_by_key(|(place, _)| *place);
        Err(PublishAllError { failed, next })
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            self.take_events();
            if self.in_flight.is_empty() {
                return Poll::Ready(());
            }
            let before = self.in_flight.len();
            self.poll_in_flight(context);
            // Each confirmation makes room for another event.
            if self.in_flight.len() == before {
                return Poll::Pending;
            }
        }
    }

    /// Takes events up to the limit of those in flight; takes none after a failure.
    fn take_events(&mut self) {
        while self.in_flight.len() < MAX_IN_FLIGHT
            && self.failed.is_empty()
            && let Some(publishing) = self.events.next()
        {
            self.in_flight.push((self.next, publishing));
            self.next += 1;
        }
    }

    fn poll_in_flight(&mut self, context: &mut Context<'_>) {
        let failed = &mut self.failed;
        self.in_flight.retain_mut(|(place, publishing)| {
            match publishing.as_mut().poll(context) {
                Poll::Pending => return true,
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => failed.push((*place, error)),
            }
            false
        });
    }
}

#[cfg(test)]
mod tests {
    use std::iter;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Waker;

    use super::super::{Publisher, PublisherExt, RawMessage};
    use super::*;
    use crate::event::Event;

    /// A publisher that confirms an event when it is polled again, and refuses some.
    struct Slow {
        refused: [&'static str; 2],
        in_flight: AtomicUsize,
        max_in_flight: AtomicUsize,
    }

    impl Publisher for Slow {
        fn publish_event<'a>(
            &'a self,
            event: &'a Event,
        ) -> BoxFuture<'a, Result<Published, TransportError>> {
            let mut is_sent = false;
            Box::pin(poll_fn(move |_| {
                if !is_sent {
                    is_sent = true;
                    let in_flight = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
                    self.max_in_flight.fetch_max(in_flight, Ordering::Relaxed);
                    return Poll::Pending;
                }
                self.in_flight.fetch_sub(1, Ordering::Relaxed);
                Poll::Ready(if self.refused.contains(&event.id()) {
                    Err(TransportError::rejected(format!("refused {}", event.id())))
                } else {
                    Ok(Published::default())
                })
            }))
        }

        fn publish_raw<'a>(
            &'a self,
            _: &'a str,
            _: &'a RawMessage,
        ) -> BoxFuture<'a, Result<Published, TransportError>> {
            unreachable!("events alone are published")
        }
    }

    fn event(number: usize) -> Event {
        let event = Event::builder().id(number.to_string()).source("/s").ty("t");
        event.build().unwrap()
    }

    fn publish(
        refused: [&'static str; 2],
        events: impl Iterator<Item = Event> + Send,
    ) -> (Result<usize, PublishAllError>, usize) {
        let publisher = Slow {
            refused,
            in_flight: AtomicUsize::new(0),
            max_in_flight: AtomicUsize::new(0),
        };
        let mut publishing = publisher.publish_all(events);
        let context = &mut Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(output) = publishing.as_mut().poll(context) {
                drop(publishing);
                return (output, publisher.max_in_flight.into_inner());
            }
        }
    }

    #[test]
    fn all_events_are_published_a_number_at_once() {
        let (published, max_in_flight) = publish(["", ""], (0..1000).map(event));
        assert_eq!(published.unwrap(), 1000);
        assert_eq!(max_in_flight, MAX_IN_FLIGHT);
    }

    #[test]
    fn events_are_taken_until_none_is_left_and_not_again() {
        let mut events = [Some(0), Some(1), None, Some(2)].into_iter();
        let events = iter::from_fn(|| events.next().flatten().map(event));
        assert_eq!(publish(["", ""], events).0.unwrap(), 2);
    }

    #[test]
    fn an_error_lists_the_unpublished_events() {
        let (published, _) = publish(["250", "210"], (0..1000).map(event));
        let error = published.unwrap_err();
        let failed: Vec<usize> = error.failed.iter().map(|(place, _)| *place).collect();
        assert_eq!((failed, error.next), (vec![210, 250], 300));
        assert_eq!(
            error.to_string(),
            "failed to publish 2 of 300 events; the remaining events were not tried"
        );
        assert_eq!(error.source().unwrap().to_string(), "refused 210");
    }
}
