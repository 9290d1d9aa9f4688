//! Operations of an inbox that are executed together: in one thread, all of them wait before the first one is.

use std::collections::HashMap;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use eventkit::BoxError;
use eventkit::transport::BoxFuture;
use eventkit_service::{Claim, ClaimToken, Inbox, MemoryInbox};
use eventkit_sql::{SqlInbox, SqlStore};
use sqlx::Sqlite;
use sqlx::sqlite::SqlitePoolOptions;
use tokio::task::JoinSet;
use tokio::time::{Instant, pause, resume, sleep, timeout};

use super::units::count;
use super::{open_with, place, store};
use crate::inboxes::{LEASE, granted, key};

const TIMEOUT: Duration = Duration::from_secs(30);

/// Operations that are begun at the same time, each in a task.
struct Operations {
    inbox: SqlInbox<Sqlite>,
    tasks: JoinSet<(usize, Result<Outcome, String>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Claimed(Claim),
    Renewed(bool),
    Done,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Claim,
    Renew(ClaimToken),
    Complete,
    Release(ClaimToken),
}

impl Operations {
    fn new(inbox: &SqlInbox<Sqlite>) -> Self {
        Self {
            inbox: inbox.clone(),
            tasks: JoinSet::new(),
        }
    }

    fn begin(&mut self, id: &str, kind: Kind) {
        let (inbox, id) = (self.inbox.clone(), id.to_owned());
        let number = self.tasks.len();
        self.tasks.spawn(async move {
            let outcome = outcome(&inbox, &id, kind).await;
            (number, outcome.map_err(|error| error.to_string()))
        });
    }

    /// Returns the outcomes in the order in which the operations began.
    async fn end(self) -> Vec<Outcome> {
        let mut outcomes = self.tasks.join_all().await;
        outcomes.sort_by_key(|(number, _)| *number);
        outcomes
            .into_iter()
            .map(|(_, outcome)| outcome.unwrap())
            .collect()
    }
}

async fn outcome(inbox: &dyn Inbox, id: &str, kind: Kind) -> Result<Outcome, BoxError> {
    let key = key(id);
    Ok(match kind {
        Kind::Claim => Outcome::Claimed(inbox.claim(key, LEASE).await?),
        Kind::Renew(token) => Outcome::Renewed(inbox.renew(key, token, LEASE).await?),
        Kind::Complete => {
            inbox.complete(key).await?;
            Outcome::Done
        }
        Kind::Release(token) => {
            inbox.release(key, token).await?;
            Outcome::Done
        }
    })
}

async fn inbox() -> (SqlInbox<Sqlite>, SqlStore<Sqlite>) {
    let store = store().await.unwrap();
    (store.inbox(), store)
}

#[tokio::test]
async fn each_operation_has_its_own_answer() {
    let (inbox, store) = inbox().await;
    let held = granted(&inbox, key("held"), LEASE).await;
    let released = granted(&inbox, key("released"), LEASE).await;
    let lost = granted(&inbox, key("lost"), Duration::ZERO).await;
    granted(&inbox, key("lost"), LEASE).await;
    granted(&inbox, key("ended"), Duration::ZERO).await;
    let done = granted(&inbox, key("done"), LEASE).await;
    inbox.complete(key("done")).await.unwrap();

    let mut operations = Operations::new(&inbox);
    // Released, renewed and completed is before anything is claimed.
    operations.begin("released", Kind::Claim);
    operations.begin("new", Kind::Claim);
    operations.begin("new", Kind::Claim);
    operations.begin("held", Kind::Claim);
    operations.begin("ended", Kind::Claim);
    operations.begin("done", Kind::Claim);
    operations.begin("completed", Kind::Claim);
    operations.begin("held", Kind::Renew(held));
    operations.begin("lost", Kind::Renew(lost));
    operations.begin("done", Kind::Renew(done));
    operations.begin("never claimed", Kind::Renew(held));
    operations.begin("completed", Kind::Complete);
    operations.begin("completed", Kind::Complete);
    operations.begin("released", Kind::Release(released));
    operations.begin("done", Kind::Release(done));
    operations.begin("lost", Kind::Release(lost));
    let outcomes = operations.end().await;

    for at in [0, 1, 4] {
        assert!(
            matches!(outcomes[at], Outcome::Claimed(Claim::Granted(_))),
            "{at}: {outcomes:?}"
        );
    }
    let refused = [Claim::InProgress, Claim::InProgress].map(Outcome::Claimed);
    assert_eq!(outcomes[2..4], refused);
    let completed = [Claim::Completed, Claim::Completed].map(Outcome::Claimed);
    assert_eq!(outcomes[5..7], completed);
    let renewed = [true, false, false, false].map(Outcome::Renewed);
    assert_eq!(outcomes[7..11], renewed);
    assert_eq!(outcomes[11..], [Outcome::Done; 5]);
    assert_eq!(count(&store, "inbox").await, 7);
}

#[tokio::test]
async fn there_may_be_any_number_of_operations() {
    let (inbox, store) = inbox().await;
    for number in [1, 2, 3, 63, 64, 65, 300] {
        let id = |operation: usize| format!("{number}-{operation}");
        for all_are_new in [true, false] {
            let mut claims = Operations::new(&inbox);
            for operation in 0..number {
                claims.begin(&id(operation), Kind::Claim);
            }
            for outcome in claims.end().await {
                let is_granted = matches!(outcome, Outcome::Claimed(Claim::Granted(_)));
                assert_eq!(is_granted, all_are_new, "{number}: {outcome:?}");
            }
        }
        let mut completions = Operations::new(&inbox);
        for operation in 0..number {
            completions.begin(&id(operation), Kind::Complete);
            completions.begin(&id(operation), Kind::Claim);
        }
        for outcome in completions.end().await {
            let is_refused = matches!(
                outcome,
                Outcome::Claimed(Claim::Completed | Claim::InProgress)
            );
            assert!(is_refused || outcome == Outcome::Done, "{outcome:?}");
        }
        assert_eq!(
            inbox.claim(key(&id(0)), LEASE).await.unwrap(),
            Claim::Completed
        );
    }
    assert_eq!(count(&store, "inbox").await, 1 + 2 + 3 + 63 + 64 + 65 + 300);
}

/// A claim that nobody renews or releases would hold up its event until its lease ends.
#[tokio::test]
async fn a_claim_is_released_if_its_caller_has_gone() {
    let (inbox, _store) = inbox().await;
    for polls in 1.. {
        let id = polls.to_string();
        let mut claim = inbox.claim(key(&id), LEASE);
        let mut left = polls;
        // Others run meanwhile, such as the worker.
        let claimed = poll_fn(|context| match claim.as_mut().poll(context) {
            Poll::Ready(claimed) => Poll::Ready(Some(claimed)),
            Poll::Pending if left == 1 => Poll::Ready(None),
            Poll::Pending => {
                left -= 1;
                context.waker().wake_by_ref();
                Poll::Pending
            }
        });
        let claimed = claimed.await;
        drop(claim);
        if let Some(claimed) = claimed {
            assert!(matches!(claimed, Ok(Claim::Granted(_))), "{claimed:?}");
            return;
        }
        is_released(&inbox, &id).await;
    }
}

/// The answer may be on its way to a caller that no longer waits.
#[tokio::test]
async fn a_claim_is_released_if_nobody_reads_its_answer() {
    let (inbox, _store) = inbox().await;
    let mut claim = inbox.claim(key("1"), LEASE);
    let begun = poll_fn(|context| {
        assert!(claim.as_mut().poll(context).is_pending());
        Poll::Ready(())
    });
    begun.await;
    // Both are executed together, so the first one has its answer too.
    let second = inbox.claim(key("2"), LEASE).await;
    assert!(matches!(second, Ok(Claim::Granted(_))), "{second:?}");
    drop(claim);
    is_released(&inbox, "1").await;
}

/// Waits until an event can be claimed again, which is before its lease ends.
async fn is_released(inbox: &SqlInbox<Sqlite>, id: &str) {
    let again = async {
        while !matches!(inbox.claim(key(id), LEASE).await, Ok(Claim::Granted(_))) {
            sleep(Duration::from_millis(1)).await;
        }
    };
    let again = timeout(LEASE / 4, again).await;
    again.unwrap_or_else(|_| panic!("the claim of {id} is not released"));
}

#[tokio::test]
async fn what_waits_is_executed_if_its_caller_and_the_inbox_have_gone() {
    let (inbox, store) = inbox().await;
    let begun = |mut operation: BoxFuture<'static, Result<(), BoxError>>| async move {
        poll_fn(|context| {
            assert!(operation.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
    };
    for id in ["1", "2", "3"] {
        let own = inbox.clone();
        begun(Box::pin(async move { own.complete(key(id)).await })).await;
    }
    drop(inbox);
    let other = store.inbox();
    for id in ["1", "2", "3"] {
        let completed = async {
            while other.claim(key(id), Duration::ZERO).await.unwrap() != Claim::Completed {
                sleep(Duration::from_millis(1)).await;
            }
        };
        let completed = timeout(LEASE, completed).await;
        completed.unwrap_or_else(|_| panic!("{id} is not completed"));
    }
}

/// Those that wait have waited for the connection too.
#[tokio::test(start_paused = true)]
async fn all_that_wait_fail_if_there_is_no_connection() {
    let path = place().unwrap();
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(TIMEOUT);
    resume();
    let store = open_with(&path, pool).await;
    let _held = store.pool().acquire().await.unwrap();
    pause();
    let inbox = store.inbox();
    let mut completions = JoinSet::new();
    for number in 0..300 {
        let inbox = inbox.clone();
        completions.spawn(async move {
            let completed = inbox.complete(key(&number.to_string())).await;
            completed.unwrap_err();
        });
    }
    let start = Instant::now();
    completions.join_all().await;
    assert!(start.elapsed() < 2 * TIMEOUT, "{:?}", start.elapsed());
}

#[test]
fn an_inbox_goes_on_in_another_runtime_when_that_of_its_worker_has_ended() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(2).enable_all().build().unwrap()
    };
    for round in 0..10 {
        let first = runtime();
        let (inbox, _store) = first.block_on(inbox());
        let mut operations = Operations::new(&inbox);
        first.block_on(async {
            for number in 0..300 {
                operations.begin(&number.to_string(), Kind::Claim);
            }
            for _ in 0..round {
                tokio::task::yield_now().await;
            }
        });
        drop(first);
        drop(operations);
        runtime().block_on(async {
            let claim = timeout(LEASE / 4, inbox.claim(key("other"), LEASE)).await;
            let claim = claim.expect("the inbox should not hang");
            assert!(matches!(claim, Ok(Claim::Granted(_))), "{claim:?}");
        });
    }
}

type Tokens = HashMap<String, ClaimToken>;

/// Returns operations, each with an event, in the order in which an inbox executes them.
fn pseudorandom_batch(state: &mut u64) -> Vec<(u64, String)> {
    let mut next = |limit: u64| {
        *state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        (*state >> 33) % limit
    };
    let mut batch: Vec<_> = (0..=next(64))
        .map(|_| (next(4), next(40).to_string()))
        .collect();
    batch.sort_unstable();
    // More would be executed in parts.
    batch.truncate(64);
    batch
}

fn kind(number: u64, token: Option<&ClaimToken>) -> Kind {
    let token = token.copied().unwrap_or(ClaimToken::new(7));
    match number {
        0 => Kind::Release(token),
        1 => Kind::Renew(token),
        2 => Kind::Complete,
        _ => Kind::Claim,
    }
}

/// Keeps the tokens, and returns the outcomes without them.
fn keep(batch: &[(u64, String)], outcomes: Vec<Outcome>, tokens: &mut Tokens) -> Vec<Outcome> {
    let keep = |((_, id), outcome): (&(u64, String), _)| match outcome {
        Outcome::Claimed(Claim::Granted(token)) => {
            tokens.insert(id.clone(), token);
            Outcome::Claimed(Claim::Granted(ClaimToken::new(0)))
        }
        // Whether it still holds at the end depends on what comes after it.
        Outcome::Renewed(_) => Outcome::Done,
        other => other,
    };
    batch.iter().zip(outcomes).map(keep).collect()
}

#[tokio::test]
async fn a_batch_does_what_its_operations_do_one_after_another() {
    let mut state = 1;
    for _ in 0..20 {
        let (inbox, _store) = inbox().await;
        let model = MemoryInbox::new();
        let [mut tokens, mut expected_tokens] = [Tokens::new(), Tokens::new()];
        for _ in 0..15 {
            let batch = pseudorandom_batch(&mut state);
            let mut operations = Operations::new(&inbox);
            let mut expected = Vec::new();
            for (number, id) in &batch {
                operations.begin(id, kind(*number, tokens.get(id)));
                let kind = kind(*number, expected_tokens.get(id));
                expected.push(outcome(&model, id, kind).await.unwrap());
            }
            let outcomes = keep(&batch, operations.end().await, &mut tokens);
            let expected = keep(&batch, expected, &mut expected_tokens);
            assert_eq!(outcomes, expected, "{batch:?}");
        }
    }
}
