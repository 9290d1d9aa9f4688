//! The events to send.

use std::path::PathBuf;
use std::thread;

use eventkit::Event;
use eventkit::format::{Format, Json};
use eventkit::transport::with_causes;
use tokio::sync::mpsc::{self, Receiver};

use crate::failure::Failure;
use crate::input::{self, Place};

/// The number of events that are read ahead.
const READ_AHEAD: usize = 256;

/// An event to send, or the reason why the input is not one.
pub(super) struct Item {
    pub(super) place: Place,
    pub(super) event: Result<Event, String>,
}

/// The events to send, in order.
pub(super) struct Source {
    items: Receiver<Result<Item, Failure>>,
    /// The failure that follows the items which were returned last.
    failure: Option<Failure>,
}

impl Source {
    fn new(items: Receiver<Result<Item, Failure>>) -> Self {
        Self {
            items,
            failure: None,
        }
    }

    pub(super) fn of_event(event: Event) -> Self {
        let (sender, receiver) = mpsc::channel(1);
        let place = Place {
            line: None,
            index: None,
        };
        let event = Ok(event);
        // The channel is empty, and its receiver exists.
        drop(sender.try_send(Ok(Item { place, event })));
        Self::new(receiver)
    }

    /// Reads the events of a file in a thread, because reading blocks.
    pub(super) fn of_file(path: Option<&PathBuf>) -> Result<Self, Failure> {
        let reader = input::open(path)?;
        let (sender, receiver) = mpsc::channel(READ_AHEAD);
        thread::spawn(move || {
            let read = input::read(reader, &mut |found| {
                let event = found
                    .json
                    .and_then(|json| Json.decode(json).map_err(|error| with_causes(&error)));
                let item = Item {
                    place: found.place,
                    event,
                };
                // The receiver is dropped once no more events are sent.
                let sent = sender.blocking_send(Ok(item));
                sent.map_err(|_| Failure::data("stopped"))
            });
            if let Err(failure) = read {
                drop(sender.blocking_send(Err(failure)));
            }
        });
        Ok(Self::new(receiver))
    }

    /// Waits for the items of the next request; returns fewer than `count` at the end, and none after it.
    ///
    /// # Errors
    ///
    /// Returns an error if the input cannot be read on; the items before that are returned first.
    pub(super) async fn next(&mut self, count: usize) -> Result<Vec<Item>, Failure> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let mut items = Vec::new();
        while items.len() < count
            && let Some(item) = self.items.recv().await
        {
            match item {
                Ok(item) => items.push(item),
                Err(failure) if items.is_empty() => return Err(failure),
                Err(failure) => {
                    self.failure = Some(failure);
                    break;
                }
            }
        }
        Ok(items)
    }
}
