//! Dead letters: their content, that none is lost, and replays.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eventkit::format::{Format, Json};
use eventkit::transport::{Publisher, RawMessage, TransportError, TransportErrorKind};
use eventkit::{Event, Policy};
use eventkit_service::memory::{Faults, Memory};
use eventkit_service::{DeadLetter, SubscriptionHealth};
use tokio::time::{Instant, sleep, timeout};

use super::distant::Distant;
use super::event;
use super::harness::{Publishing, Running, TestHarness, wait_until};

/// A handler that fails until it is fixed.
fn broken(harness: &TestHarness, name: &'static str, pattern: &str) -> Arc<AtomicBool> {
    let works = Arc::new(AtomicBool::new(false));
    let (log, mended) = (harness.log.clone(), Arc::clone(&works));
    harness
        .registry
        .with_name(name)
        .policy(Policy::new().attempts(2))
        .register(pattern, move |event: &Event| {
            log.note(format!("{name} {}", event.id()));
            if mended.load(Ordering::Relaxed) {
                Ok(())
            } else {
                Err(std::io::Error::other("no printer\nat all"))
            }
        });
    works
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_has_the_event_and_the_error() {
    let harness = TestHarness::new();
    broken(&harness, "receipt", "t");
    let _service = harness.start().await;
    let data = event("t", "1")
        .to_builder()
        .extension("priority", 7)
        .data_bytes(vec![0xff, 0x00])
        .build()
        .unwrap();
    harness.publish(&data).await;
    let letter = harness.dead(1).await.remove(0);
    assert_eq!(letter.event(), Some(&data));
    assert_eq!(letter.subscription, "tests--receipt");
    assert_eq!(letter.error, "no printer at all");
    assert_eq!(letter.attempts, 2);
    assert!(letter.first_failure.unwrap().to_utc() <= letter.last_failure.unwrap().to_utc());
    assert_eq!(
        letter.to_string(),
        "tests--receipt: t 1 from /tests, 2 attempts: no printer at all"
    );
    // Listing it does not change it.
    assert_eq!(harness.letters().list().await.unwrap(), [letter]);
}

#[tokio::test(start_paused = true)]
async fn a_replay_only_reaches_the_handler_that_failed() {
    let harness = TestHarness::new();
    let works = broken(&harness, "receipt", "t");
    let log = harness.log.clone();
    harness
        .registry
        .with_name("sibling")
        .register("*", move |event: &Event| {
            log.note(format!("sibling {}", event.id()));
        });
    let service = harness.start().await;
    for id in ["1", "2", "3"] {
        harness.publish(&event("t", id)).await;
    }
    let letters = harness.dead(3).await;
    let before = harness.log.lines().len();
    works.store(true, Ordering::Relaxed);
    assert!(harness.letters().replay(&letters[1]).await.unwrap());
    wait_until(|| harness.log.lines().len() > before).await;
    let id = letters[1].event().unwrap().id();
    assert_eq!(harness.log.lines()[before..], [format!("receipt {id}")]);
    assert_eq!(harness.letters().list().await.unwrap().len(), 2);
    assert!(!harness.letters().replay(&letters[1]).await.unwrap());
    assert!(harness.letters().delete(&letters[0]).await.unwrap());
    assert_eq!(harness.letters().replay_all().await.unwrap(), 1);
    harness.drained().await;
    assert_eq!(harness.log.lines().len(), before + 2);
    assert!(service.handle.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_replay_that_fails_again_is_a_dead_letter_again() {
    let harness = TestHarness::new();
    broken(&harness, "receipt", "t");
    let _service = harness.start().await;
    let failing = event("t", "1");
    harness.publish(&failing).await;
    harness.dead(1).await;
    assert_eq!(harness.letters().replay_all().await.unwrap(), 1);
    wait_until(|| harness.log.lines().len() == 4).await;
    let letter = harness.dead(1).await.remove(0);
    assert_eq!(letter.event(), Some(&failing));
    assert_eq!(letter.attempts, 2);
}

#[tokio::test(start_paused = true)]
async fn a_handler_of_all_types_gets_no_dead_letters() {
    let harness = TestHarness::new();
    broken(&harness, "everything", "*");
    let service = harness.start().await;
    harness.publish(&event("t", "1")).await;
    harness
        .memory
        .publish_raw("t", &RawMessage::new(Vec::new(), "poison"))
        .await
        .unwrap();
    let letters = harness.dead(2).await;
    sleep(Duration::from_hours(1)).await;
    assert_eq!(harness.dead(2).await.len(), letters.len());
    assert_eq!(harness.log.lines(), ["everything 1", "everything 1"]);
    assert_eq!(service.handle.health().counters().filtered, 2);
}

#[tokio::test(start_paused = true)]
async fn an_invalid_message_is_kept_byte_for_byte_and_can_be_replayed() {
    let harness = TestHarness::new();
    broken(&harness, "receipt", "t");
    let service = harness.start().await;
    let header = ("x-trace".to_owned(), "7".to_owned());
    let poison = RawMessage::new(vec![header], vec![0xff, 0xfe, 0x00]);
    harness.memory.publish_raw("t", &poison).await.unwrap();
    let letter = harness.dead(1).await.remove(0);
    assert_eq!(letter.message(), Some(&poison));
    assert_eq!(letter.event(), None);
    assert_eq!(
        (letter.subscription.as_str(), letter.attempts),
        ("tests--receipt", 1)
    );
    assert!(
        letter.error.starts_with("not a CloudEvents message"),
        "{}",
        letter.error
    );
    assert_eq!(harness.memory.unsettled("tests--receipt"), 0);
    assert!(harness.log.lines().is_empty());

    harness.letters().replay_all().await.unwrap();
    let again = harness.dead(1).await.remove(0);
    assert_eq!(again.message(), Some(&poison));
    assert_eq!(service.handle.health().counters().dead_lettered, 2);
}

#[tokio::test(start_paused = true)]
async fn events_are_kept_while_their_dead_letters_cannot_be_stored() {
    let harness = TestHarness::new();
    broken(&harness, "receipt", "t");
    let letters = Memory::new();
    let service = Running::start(harness.service().dead_letter_publisher(letters.clone())).await;
    letters.close();
    harness.publish(&event("t", "1")).await;
    harness
        .memory
        .publish_raw("t", &RawMessage::new(Vec::new(), "poison"))
        .await
        .unwrap();
    let blocked = |own: &SubscriptionHealth| own.dead_letter_error.is_some();
    let health = service
        .handle
        .wait_for(|health| health.subscriptions.iter().any(blocked))
        .await;
    assert!(!health.is_ready());
    let trouble = health.subscriptions[0].dead_letter_error.as_ref().unwrap();
    assert_eq!(trouble.message, "the memory transport is closed");
    sleep(Duration::from_hours(24)).await;
    assert_eq!(harness.memory.unsettled("tests--receipt"), 2);
    assert_eq!(service.handle.health().counters().dead_lettered, 0);
    letters.reopen();
    harness.drained().await;
    assert!(service.handle.is_ready());
    let letters = eventkit_service::DeadLetters::new(letters, "tests");
    let letters = letters.list().await.unwrap();
    assert_eq!(letters.len(), 2);
    let of_event = letters
        .iter()
        .find(|letter| letter.event().is_some())
        .unwrap();
    // The error is that of the handler, not the number of deliveries.
    assert_eq!(of_event.error, "no printer at all");
}

#[tokio::test(start_paused = true)]
async fn unread_dead_letters_do_not_block_events() {
    let harness = TestHarness::on(Memory::builder().capacity(2_000).build());
    broken(&harness, "receipt", "t");
    let _service = harness.start().await;
    for id in 0..1_500 {
        harness.publish(&event("t", id.to_string())).await;
    }
    wait_until(|| harness.memory.unsettled("tests--receipt") == 0).await;
    assert_eq!(harness.dead(1_500).await.len(), 1_500);
}

#[tokio::test(start_paused = true)]
async fn the_type_of_dead_letters_can_be_set() {
    let harness = TestHarness::new();
    broken(&harness, "receipt", "t");
    let _service = Running::start(
        harness
            .service()
            .dead_letter_type("eventkit.deadletter.morgue"),
    )
    .await;
    harness.publish(&event("t", "1")).await;
    wait_until(|| harness.memory.unsettled("tests---dead-letters") == 1).await;
    let letters = harness
        .letters()
        .dead_letter_type("eventkit.deadletter.morgue");
    assert_eq!(letters.list().await.unwrap().len(), 1);
    let elsewhere = harness.letters().dead_letter_type("t");
    assert!(elsewhere.list().await.is_err());
}

/// Attributes and headers that resemble those of a dead letter or a replay.
const MARKS: [&str; 4] = [
    "deadletterhandler",
    "replayfor",
    "eventkithandler",
    "deadlettererror",
];

#[tokio::test(start_paused = true)]
async fn an_event_with_any_attribute_is_handled_and_keeps_it_in_a_dead_letter() {
    let harness = TestHarness::new();
    let works = broken(&harness, "receipt", "*");
    let service = harness.start().await;
    let mut marked = event("t", "1").to_builder();
    for name in MARKS {
        marked = marked.extension(name, "tests--other");
    }
    let marked = marked.build().unwrap();
    harness.publish(&marked).await;
    let letter = harness.dead(1).await.remove(0);
    assert_eq!(letter.event(), Some(&marked));
    assert_eq!(letter.subscription, "tests--receipt");
    assert_eq!(harness.log.lines(), ["receipt 1", "receipt 1"]);

    works.store(true, Ordering::Relaxed);
    assert!(harness.letters().replay(&letter).await.unwrap());
    wait_until(|| service.handle.health().counters().succeeded == 1).await;
    assert_eq!(harness.log.lines().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_raw_message_with_any_header_is_handled() {
    let harness = TestHarness::new();
    let works = broken(&harness, "receipt", "t");
    works.store(true, Ordering::Relaxed);
    let service = harness.start().await;
    let mut headers: Vec<(String, String)> = MARKS
        .iter()
        .chain(&["eventkit-subscription"])
        .map(|name| ((*name).to_owned(), "tests--other".to_owned()))
        .collect();
    let poison = RawMessage::new(headers.clone(), "poison");
    harness.memory.publish_raw("t", &poison).await.unwrap();
    let letter = harness.dead(1).await.remove(0);
    assert_eq!(letter.subscription, "tests--receipt");
    assert_eq!(letter.message(), Some(&poison));

    headers.push(("content-type".into(), Json.content_type().into()));
    let body = Json.encode(&event("t", "2")).unwrap();
    let structured = RawMessage::new(headers, body);
    harness.memory.publish_raw("t", &structured).await.unwrap();
    wait_until(|| service.handle.health().counters().succeeded == 1).await;
    assert_eq!(harness.log.lines(), ["receipt 2"]);
}

#[tokio::test(start_paused = true)]
async fn events_with_reserved_types_are_refused() {
    let harness = TestHarness::new();
    for ty in [
        "eventkit.deadletter.tests",
        "eventkit.replay.tests--receipt",
    ] {
        let published = harness.memory.publish(&event(ty, "1")).await;
        let error = published.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Rejected);
        assert!(error.to_string().contains(ty), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_replay_of_a_type_that_the_handler_no_longer_takes_is_a_dead_letter_again() {
    let harness = TestHarness::new();
    broken(&harness, "receipt", "*");
    let service = harness.start().await;
    harness.publish(&event("t", "1")).await;
    let letter = harness.dead(1).await.remove(0);
    service.stop().await;

    let narrowed = TestHarness::on(harness.memory.clone());
    broken(&narrowed, "receipt", "u");
    let _service = narrowed.start().await;
    assert!(harness.letters().replay(&letter).await.unwrap());
    let again = harness.dead(1).await.remove(0);
    assert_eq!(again.event(), letter.event());
    assert_eq!(again.error, "the handler does not take events of type `t`");
    assert!(narrowed.log.lines().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_whose_replay_cannot_be_published_is_kept() {
    let harness = TestHarness::new();
    broken(&harness, "receipt", "t");
    let _service = harness.start().await;
    harness.publish(&event("t", "1")).await;
    harness.dead(1).await;
    harness
        .memory
        .set_faults(Faults::seeded(1).refuse_publish(1.0));
    assert!(harness.letters().replay_all().await.is_err());
    harness.memory.set_faults(Faults::default());
    harness.dead(1).await;
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_is_stored_once_despite_lost_confirmations() {
    let harness = TestHarness::new();
    broken(&harness, "receipt", "t");
    let service = harness.start().await;
    harness.publish(&event("t", "1")).await;
    let poison = RawMessage::new(Vec::new(), "poison");
    harness.memory.publish_raw("t", &poison).await.unwrap();
    harness
        .memory
        .set_faults(Faults::seeded(1).lose_confirmation(1.0));
    wait_until(|| !service.handle.is_ready()).await;
    harness.memory.set_faults(Faults::default());
    wait_until(|| service.handle.health().counters().dead_lettered == 2).await;
    assert_eq!(harness.letters().list().await.unwrap().len(), 2);

    // If the replay fails again, that is another dead letter.
    assert_eq!(harness.letters().replay_all().await.unwrap(), 2);
    wait_until(|| service.handle.health().counters().dead_lettered == 4).await;
    assert_eq!(harness.letters().list().await.unwrap().len(), 2);
}

/// Returns a harness in which the handler `receipt` failed for some events and was removed, and
/// `bill` runs.
async fn renamed(letters: usize) -> (TestHarness, Running) {
    let before = TestHarness::new();
    broken(&before, "receipt", "t");
    let service = before.start().await;
    for id in 0..letters {
        before.publish(&event("t", id.to_string())).await;
    }
    before.dead(letters).await;
    service.stop().await;
    let after = TestHarness::on(before.memory);
    let works = broken(&after, "bill", "t");
    works.store(true, Ordering::Relaxed);
    let service = after.start().await;
    (after, service)
}

#[tokio::test(start_paused = true)]
async fn a_replay_to_a_missing_handler_is_refused_and_the_dead_letter_is_kept() {
    let (harness, service) = renamed(3).await;
    let letter = harness.letters().list().await.unwrap().remove(0);
    let refused = harness.letters().replay(&letter).await.unwrap_err();
    assert_eq!(refused.kind(), TransportErrorKind::Configuration);
    assert_eq!(
        refused.to_string(),
        "replayed 0 dead letters and refused 1, which are kept: no handler `tests--receipt` exists; \
         existing handlers: `tests--bill`"
    );
    let refused = harness.letters().replay_all().await.unwrap_err();
    assert!(refused.to_string().contains("refused 3"), "{refused}");
    harness.dead(3).await;

    // An operator who knows the new name replays the dead letters to it.
    let letters = harness.letters().replay_to("tests--bill");
    assert_eq!(letters.replay_all().await.unwrap(), 3);
    wait_until(|| service.handle.health().counters().succeeded == 3).await;
    harness.dead(0).await;
}

#[tokio::test(start_paused = true)]
async fn dead_letters_of_existing_handlers_are_replayed_and_others_refused() {
    let (harness, service) = renamed(1).await;
    let broken = broken(&harness, "other", "u");
    service.stop().await;
    let service = harness.start().await;
    harness.publish(&event("u", "1")).await;
    harness.dead(2).await;
    broken.store(true, Ordering::Relaxed);
    let refused = harness.letters().replay_all().await.unwrap_err();
    let expected = "replayed 1 dead letters and refused 1, which are kept: no handler";
    assert!(refused.to_string().starts_with(expected), "{refused}");
    wait_until(|| service.handle.health().counters().succeeded == 1).await;
    harness.dead(1).await;
}

#[tokio::test(start_paused = true)]
async fn a_replay_waits_until_its_handler_runs() {
    let harness = TestHarness::new();
    let works = broken(&harness, "receipt", "t");
    let service = harness.start().await;
    harness.publish(&event("t", "1")).await;
    harness.dead(1).await;
    service.stop().await;
    let nowhere = harness.letters().replay_to("tests--never");
    assert!(nowhere.replay_all().await.is_err());
    assert_eq!(harness.letters().replay_all().await.unwrap(), 1);
    works.store(true, Ordering::Relaxed);
    let service = harness.start().await;
    wait_until(|| service.handle.health().counters().succeeded == 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_replay_is_not_a_duplicate_of_a_failure_with_a_lost_confirmation() {
    let harness = TestHarness::new();
    let works = broken(&harness, "receipt", "t");
    let distant = Distant::new(harness.memory.clone(), Duration::from_millis(10));
    let app = eventkit::Dispatcher::new(&harness.registry)
        .build()
        .unwrap();
    let service = eventkit_service::Service::new("tests", &app).transport(distant.clone());
    let service = Running::start(service).await;
    distant.loses_confirmations.store(true, Ordering::Relaxed);
    harness.publish(&event("t", "1")).await;
    // The first attempt is released, and the second one is terminated.
    wait_until(|| service.handle.health().counters().unconfirmed == 2).await;
    assert_eq!(service.handle.health().counters().dead_lettered, 1);
    assert_eq!(harness.memory.unsettled("tests--receipt"), 0);

    distant.loses_confirmations.store(false, Ordering::Relaxed);
    works.store(true, Ordering::Relaxed);
    assert_eq!(harness.letters().replay_all().await.unwrap(), 1);
    wait_until(|| service.handle.health().counters().succeeded == 1).await;
    assert_eq!(service.handle.health().counters().duplicates, 0);
}

#[tokio::test(start_paused = true)]
async fn dead_letters_are_listed_over_slow_connections_and_in_pages() {
    let harness = TestHarness::new();
    broken(&harness, "receipt", "t");
    let service = harness.start().await;
    for id in 0..60 {
        harness.publish(&event("t", id.to_string())).await;
    }
    harness.dead(60).await;
    service.stop().await;
    for round_trip in [Duration::from_millis(1_200), Duration::from_secs(20)] {
        let distant = Distant::new(harness.memory.clone(), round_trip);
        let letters = eventkit_service::DeadLetters::new(distant, "tests");
        assert_eq!(letters.list().await.unwrap().len(), 60);
    }

    let mut pages = harness.letters().pages(25).await.unwrap();
    let mut sizes = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        sizes.push(page.len());
    }
    assert_eq!(sizes, [25, 25, 10]);
    pages.close().await;

    // All of them were released, so listing does not wait.
    let start = Instant::now();
    assert_eq!(harness.letters().list().await.unwrap().len(), 60);
    assert_eq!(start.elapsed(), Duration::ZERO);
    let counts = harness.letters().counts().await.unwrap();
    let [count] = &counts[..] else {
        panic!("{counts:?}");
    };
    assert_eq!(
        (
            count.subscription.as_str(),
            count.error.as_str(),
            count.count
        ),
        ("tests--receipt", "no printer at all", 60)
    );
}

#[tokio::test(start_paused = true)]
async fn dead_letters_that_another_reader_has_are_unread() {
    let harness = TestHarness::new();
    broken(&harness, "receipt", "t");
    let _service = harness.start().await;
    for id in 0..20 {
        harness.publish(&event("t", id.to_string())).await;
    }
    harness.dead(20).await;
    let mut first = harness.letters().pages(5).await.unwrap();
    assert_eq!(first.unread(), Some(20));
    assert_eq!(first.next().await.unwrap().unwrap().len(), 5);
    assert_eq!(first.unread(), Some(15));

    let mut second = harness.letters().pages(100).await.unwrap();
    assert_eq!(second.next().await.unwrap().unwrap().len(), 15);
    assert_eq!(second.next().await.unwrap(), None);
    assert_eq!(second.unread(), Some(5));
    first.close().await;
    second.close().await;
    assert_eq!(harness.letters().list().await.unwrap().len(), 20);
}

#[tokio::test(start_paused = true)]
async fn dead_letters_are_released_when_a_replay_or_a_page_is_dropped() {
    let harness = TestHarness::new();
    let works = broken(&harness, "receipt", "t");
    let _service = harness.start().await;
    for id in 0..20 {
        harness.publish(&event("t", id.to_string())).await;
    }
    harness.dead(20).await;
    works.store(true, Ordering::Relaxed);
    let letters = harness.letters().replay_rate(1);
    let replay = timeout(Duration::from_millis(4_500), letters.replay_all());
    assert!(replay.await.is_err());
    tokio::task::yield_now().await;
    let mut pages = harness.letters().pages(10).await.unwrap();
    assert_eq!(pages.next().await.unwrap().unwrap().len(), 10);
    drop(pages);
    tokio::task::yield_now().await;
    assert_eq!(harness.letters().list().await.unwrap().len(), 15);
}

#[tokio::test(start_paused = true)]
async fn dead_letters_can_be_deleted_by_a_predicate() {
    let harness = TestHarness::new();
    broken(&harness, "receipt", "t");
    let _service = harness.start().await;
    for id in 0..5 {
        harness.publish(&event("t", id.to_string())).await;
    }
    harness.dead(5).await;
    let letters = harness.letters();
    let is_even = |letter: &DeadLetter| {
        let id: u32 = letter.event().unwrap().id().parse().unwrap();
        id.is_multiple_of(2)
    };
    assert_eq!(letters.delete_where(is_even).await.unwrap(), 3);
    assert_eq!(letters.delete_where(is_even).await.unwrap(), 0);
    assert_eq!(harness.dead(2).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn dead_letters_can_be_replayed_at_a_rate() {
    let harness = TestHarness::new();
    let works = broken(&harness, "receipt", "t");
    let service = harness.start().await;
    for id in 0..1_000 {
        harness.publish(&event("t", id.to_string())).await;
    }
    harness.dead(1_000).await;
    works.store(true, Ordering::Relaxed);
    let start = Instant::now();
    // This takes longer than the lease of a dead letter without a heartbeat.
    let letters = harness.letters().replay_rate(1);
    let replaying = tokio::spawn(async move { letters.replay_all().await });
    sleep(Duration::from_mins(15)).await;
    assert!(harness.letters().list().await.unwrap().is_empty());
    assert_eq!(replaying.await.unwrap().unwrap(), 1_000);
    assert!(start.elapsed() >= Duration::from_secs(999));
    wait_until(|| service.handle.health().counters().succeeded == 1_000).await;
}

/// A publisher of dead letters that rejects messages over a maximum size.
#[derive(Debug)]
struct Limited(Memory, usize);

impl Publisher for Limited {
    fn publish_event<'a>(&'a self, event: &'a Event) -> Publishing<'a> {
        self.0.publish_event(event)
    }

    fn publish_raw<'a>(&'a self, ty: &'a str, message: &'a RawMessage) -> Publishing<'a> {
        let headers = message.headers.iter();
        let headers: usize = headers.map(|(name, value)| name.len() + value.len()).sum();
        let size = headers + message.body.len();
        if size > self.1 {
            let rejected = TransportError::rejected(format!("{size} bytes are too many"));
            return Box::pin(std::future::ready(Err(rejected)));
        }
        self.0.publish_raw(ty, message)
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_that_is_too_large_is_truncated() {
    let harness = TestHarness::new();
    harness
        .registry
        .with_name("receipt")
        .policy(Policy::new().attempts(1))
        .register("t", |_: &Event| Err::<(), _>("no printer ".repeat(100)));
    let store = Limited(Memory::new(), 4_000);
    let letters = eventkit_service::DeadLetters::new(store.0.clone(), "tests");
    let service = Running::start(harness.service().dead_letter_publisher(store)).await;
    // The second size leaves space for a short error, the third one for none.
    for size in [100, 3_300, 5_000] {
        let data = event("t", size.to_string()).to_builder();
        let data = data.data_bytes(vec![0xff; size]).build().unwrap();
        harness.publish(&data).await;
    }
    let poison = RawMessage::new(Vec::new(), vec![0; 5_000]);
    let position = harness.memory.publish_raw("t", &poison).await.unwrap();
    harness.drained().await;
    assert!(service.handle.is_ready());

    let list = async || {
        let mut list = letters.list().await.unwrap();
        list.sort_by_key(DeadLetter::position);
        list
    };
    let stored = list().await;
    let content = |letter: &DeadLetter| (letter.event().is_some(), letter.message().is_some());
    let contents: Vec<_> = stored.iter().map(content).collect();
    assert_eq!(
        contents,
        [(true, false), (true, false), (false, false), (false, false)]
    );
    assert!(stored[0].error.len() > 500 && stored[1].error.len() < 50);
    assert_eq!(
        stored[1].event().unwrap().data().unwrap().as_bytes().len(),
        3_300
    );
    assert_eq!(stored[3].position(), position.position);
    for letter in &stored[2..] {
        assert_eq!(
            (&*letter.subscription, letter.attempts),
            ("tests--receipt", 1)
        );
    }

    let refused = letters.replay_all().await.unwrap_err();
    let position = stored[2].position().unwrap();
    let expected = format!(
        "2 messages were too large for their dead letters, the first of them at position {position}"
    );
    assert!(refused.to_string().contains(&expected), "{refused}");
    assert_eq!(list().await, stored);
    assert!(letters.delete(&stored[2]).await.unwrap());
}
