//! Who comes after whom.

use std::collections::HashMap;

use tokio::sync::oneshot;

/// Below how many keys nothing is swept out.
const FEW: usize = 64;

/// Says what an event has to wait for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// Those before it of the same key.
    Order(String),
    /// Itself, where it has come before and is still worked on, by its source and id.
    Event(String, String),
}

/// Gives events of one key their turns, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// Of each key, the end of its last event.
    last: HashMap<Key, oneshot::Receiver<()>>,
    swept: usize,
}

/// Is the place of one event; dropping it lets the next of its key begin.
#[derive(Debug, Default)]
pub(super) struct Turn {
    before: Option<oneshot::Receiver<()>>,
    /// Never used but dropped, which is what the next one waits for.
    _end: Option<oneshot::Sender<()>>,
    ordered: bool,
}

impl Turns {
    /// Takes the next place; without a key there is nothing to wait for.
    pub(super) fn next(&mut self, key: Option<Key>) -> Turn {
        let Some(key) = key else {
            return Turn::default();
        };
        self.sweep();
        let (end, ended) = oneshot::channel();
        let ordered = matches!(key, Key::Order(_));
        Turn {
            ordered,
            before: self.last.insert(key, ended),
            _end: Some(end),
        }
    }

    /// Forgets keys whose events have all ended.
    fn sweep(&mut self) {
        if self.last.len() < self.swept.max(FEW) * 2 {
            return;
        }
        self.last.retain(|_, ended| {
            matches!(ended.try_recv(), Err(oneshot::error::TryRecvError::Empty))
        });
        self.swept = self.last.len();
    }
}

impl Turn {
    /// Returns whether the event stands in an order with others.
    pub(super) fn is_ordered(&self) -> bool {
        self.ordered
    }

    /// Waits until those before have ended.
    pub(super) async fn come(&mut self) {
        if let Some(before) = &mut self.before {
            // The sender is dropped, never used: an end is all there is to know.
            let _ = before.await;
            self.before = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_have_ended_are_forgotten() {
        let mut turns = Turns::default();
        let held = turns.next(Some(Key::Order("held".into())));
        for key in 0..10_000 {
            drop(turns.next(Some(Key::Order(key.to_string()))));
        }
        assert!(turns.last.len() <= FEW * 2);
        let mut after = turns.next(Some(Key::Order("held".into())));
        assert!(after.before.as_mut().unwrap().try_recv().is_err());
        assert!(turns.last.contains_key(&Key::Order("held".into())));
        drop(held);
    }
}
