//! Who comes after whom.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Gives events of one key their turns, in the order in which they came.
///
/// Keys are known by their hashes, with seeds of the process: two keys of one hash would only wait for
/// each other.
#[derive(Debug, Default)]
pub(super) struct Turns {
    seeds: foldhash::quality::RandomState,
    /// Of each key whose turn somebody has: those that wait for it.
    waiting: Mutex<Waiting>,
}

type Waiting = HashMap<u64, Option<Box<Line>>, foldhash::fast::FixedState>;

/// Those that wait for a turn; most often nobody does.
type Line = VecDeque<oneshot::Sender<()>>;

/// Says what an event has to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key<'a> {
    /// Those before it of the same key.
    Order(&'a str),
    /// Itself, where it has come before and is still worked on, by its source and id.
    Event(&'a str, &'a str),
}

/// Is the place of one event; dropping it lets the next of its key begin.
#[derive(Debug, Default)]
pub(super) struct Turn {
    place: Option<Place>,
    ordered: bool,
}

#[derive(Debug)]
struct Place {
    turns: Arc<Turns>,
    key: u64,
    /// Until the turn has come.
    before: Option<oneshot::Receiver<()>>,
}

impl Turns {
    /// Takes the next place; without a key there is nothing to wait for.
    pub(super) fn next(self: &Arc<Self>, key: Option<Key<'_>>) -> Turn {
        let Some(key) = key else {
            return Turn::default();
        };
        let ordered = matches!(key, Key::Order(_));
        let key = self.seeds.hash_one(key);
        let before = match self.lock().entry(key) {
            Entry::Vacant(nobody) => {
                nobody.insert(None);
                None
            }
            Entry::Occupied(mut somebody) => {
                let (turn, came) = oneshot::channel();
                let line = somebody.get_mut().get_or_insert_default();
                line.push_back(turn);
                Some(came)
            }
        };
        let place = Place {
            turns: Arc::clone(self),
            key,
            before,
        };
        Turn {
            place: Some(place),
            ordered,
        }
    }

    /// Lets the next one of a key begin.
    fn pass_on(&self, key: u64) {
        let mut waiting = self.lock();
        let Entry::Occupied(mut own) = waiting.entry(key) else {
            return;
        };
        if let Some(line) = own.get_mut() {
            // Some may have stopped waiting.
            while let Some(next) = line.pop_front() {
                if next.send(()).is_ok() {
                    return;
                }
            }
        }
        own.remove();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Returns whether the event stands in an order with others.
    pub(super) fn is_ordered(&self) -> bool {
        self.ordered
    }

    /// Returns whether it has come.
    pub(super) fn has_come(&self) -> bool {
        let before = self.place.as_ref().map(|place| &place.before);
        matches!(before, None | Some(None))
    }

    /// Waits until those before have ended.
    pub(super) async fn come(&mut self) {
        if let Some(place) = &mut self.place
            && let Some(before) = &mut place.before
        {
            // The senders are where the turns are, and are not dropped without a word.
            let _ = before.await;
            place.before = None;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A turn that comes while this is dropped has to be passed on too.
        let came = self.before.take().is_none_or(|mut before| {
            before.close();
            before.try_recv().is_ok()
        });
        if came {
            self.turns.pass_on(self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn has_come(turn: &mut Turn) -> bool {
        let come = std::pin::pin!(turn.come());
        come.poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(())
    }

    #[test]
    fn turns_come_one_after_another() {
        let turns = Arc::new(Turns::default());
        let first = turns.next(Some(Key::Order("a")));
        let (mut second, third) = (
            turns.next(Some(Key::Order("a"))),
            turns.next(Some(Key::Order("a"))),
        );
        let mut fourth = turns.next(Some(Key::Order("a")));
        assert!(turns.next(Some(Key::Order("b"))).has_come() && first.has_come());
        assert!(!has_come(&mut second) && !has_come(&mut fourth));
        drop(third);
        drop(first);
        assert!(has_come(&mut second) && !has_come(&mut fourth));
        drop(second);
        assert!(has_come(&mut fourth));
    }

    #[test]
    fn a_turn_that_nobody_takes_is_passed_on() {
        let turns = Arc::new(Turns::default());
        let first = turns.next(Some(Key::Event("/s", "1")));
        let (second, mut third) = (
            turns.next(Some(Key::Event("/s", "1"))),
            turns.next(Some(Key::Event("/s", "1"))),
        );
        drop(first);
        // It has come, and is dropped before anybody looks.
        drop(second);
        assert!(has_come(&mut third));
    }

    #[test]
    fn keys_that_have_ended_are_forgotten() {
        let turns = Arc::new(Turns::default());
        let held = turns.next(Some(Key::Order("held")));
        for key in 0..10_000 {
            drop(turns.next(Some(Key::Order(&key.to_string()))));
        }
        assert_eq!(turns.lock().len(), 1);
        drop(held);
        assert!(turns.lock().is_empty());
    }
}
