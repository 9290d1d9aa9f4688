//! Dead letters on NATS: their size, and that settled ones do not return.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::jetstream::stream::Config;
use eventkit::transport::TransportErrorKind::Rejected;
use eventkit::{Dispatcher, Event, Policy, Registry};
use eventkit_nats::Nats;
use eventkit_service::{DeadLetter, DeadLetters, Service, ServiceHandle};
use eventkit_tests::nats::Server;
use tokio::time::{sleep, timeout};

use super::{PATIENCE, assert_says, event, on, plain};

/// The default `max_payload` of a server.
const MAX_PAYLOAD: usize = 1_048_576;

/// Starts a service whose handler `tests--receipt` of type `t` fails until it is fixed.
async fn start_broken(nats: &Nats) -> (ServiceHandle, Arc<AtomicBool>) {
    let registry = Registry::new("tests");
    let works = Arc::new(AtomicBool::new(false));
    let mended = Arc::clone(&works);
    let handler = registry.with_name("receipt");
    handler
        .policy(Policy::new().attempts(1))
        .register("t", move |_: &Event| {
            if mended.load(Ordering::Relaxed) {
                Ok(())
            } else {
                Err("no printer ".repeat(100))
            }
        });
    let app = Dispatcher::new(&registry).build().unwrap();
    let service = Service::new("tests", &app).transport(nats.clone());
    let service = service.build().unwrap();
    let handle = service.handle();
    tokio::spawn(service.run_until(pending()));
    let ready = timeout(PATIENCE, handle.ready()).await;
    ready.expect("the service should become ready");
    (handle, works)
}

async fn letters(nats: &Nats, count: usize) -> Vec<DeadLetter> {
    let letters = timeout(PATIENCE, async {
        loop {
            let letters = DeadLetters::new(nats.clone(), "tests")
                .list()
                .await
                .unwrap();
            if letters.len() == count {
                return letters;
            }
            sleep(Duration::from_millis(50)).await;
        }
    });
    letters
        .await
        .expect("the dead letters should arrive in time")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_of_the_largest_event_fits_and_is_replayed() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let (service, works) = start_broken(&nats).await;
    let sized = |size: usize| {
        let large = event("t", "1").data_bytes(vec![0xff; size]);
        large.subject("what fills headers").build().unwrap()
    };
    let error = nats.publish(&sized(MAX_PAYLOAD - 4096)).await.unwrap_err();
    assert_says(&error, Rejected, &["1048576", "dead letter"]);
    // The remaining bytes are for its attributes.
    let large = sized(MAX_PAYLOAD - 4096 - 300);
    nats.publish(&large).await.unwrap();
    let letter = letters(&nats, 1).await.remove(0);
    assert_eq!(letter.event(), Some(&large));
    assert!(letter.error.len() > 500);

    works.store(true, Ordering::Relaxed);
    let replaying = DeadLetters::new(nats.clone(), "tests").idle_timeout(PATIENCE);
    assert!(replaying.replay(&letter).await.unwrap());
    let succeeded = service.wait_for(|health| health.counters().succeeded == 1);
    timeout(PATIENCE, succeeded).await.expect("it succeeds");
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_listed_oldest_first_each_time() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let (service, _) = start_broken(&nats).await;
    for id in 0..40 {
        let event = event("t", &id.to_string()).build().unwrap();
        nats.publish(&event).await.unwrap();
    }
    let dead = service.wait_for(|health| health.counters().dead_lettered == 40);
    timeout(PATIENCE, dead)
        .await
        .expect("40 dead letters should be stored in time");
    // A late dead letter would count as leased by another reader.
    let letters = DeadLetters::new(nats, "tests").idle_timeout(PATIENCE);
    let first = letters.list().await.unwrap();
    let mut pages = letters.pages(7).await.unwrap();
    let place = |letter: &DeadLetter| first.iter().position(|own| own == letter).unwrap();
    let mut places = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        assert!(page.is_sorted_by_key(place));
        places.extend(page.iter().map(place));
    }
    pages.close().await;
    places.sort_unstable();
    assert!(places.into_iter().eq(0..40));
    assert_eq!(letters.list().await.unwrap(), first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_the_maximum_size_has_a_dead_letter_with_its_position() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let (service, _) = start_broken(&nats).await;
    let client = plain(&server).await;
    let stored = client.publish("events.t", vec![b'x'; MAX_PAYLOAD].into());
    let sequence = stored.await.unwrap().await.unwrap().sequence;
    let letter = letters(&nats, 1).await.remove(0);
    assert_eq!(letter.position(), Some(sequence));
    assert_eq!((letter.event(), letter.message()), (None, None));
    assert!(service.is_ready());
    let letters = DeadLetters::new(nats, "tests");
    let refused = letters.replay(&letter).await.unwrap_err();
    let expected = format!("at position {sequence}");
    assert!(refused.to_string().contains(&expected), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn settled_dead_letters_do_not_return_with_a_new_consumer() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let (_service, works) = start_broken(&nats).await;
    for id in ["1", "2", "3"] {
        nats.publish(&event("t", id).build().unwrap())
            .await
            .unwrap();
    }
    let list = letters(&nats, 3).await;
    works.store(true, Ordering::Relaxed);
    let replaying = DeadLetters::new(nats.clone(), "tests").idle_timeout(PATIENCE);
    assert!(replaying.replay(&list[0]).await.unwrap());
    assert!(replaying.delete(&list[1]).await.unwrap());

    let mut stream = plain(&server).await.get_stream("events").await.unwrap();
    stream
        .delete_consumer("tests---dead-letters")
        .await
        .unwrap();
    assert_eq!(letters(&nats, 1).await, list[2..]);
    // The stream contains three events, one replay and one dead letter.
    let state = &stream.info().await.unwrap().state;
    assert_eq!(state.messages, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_maximum_of_handler_messages_does_not_limit_dead_letters() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).max_ack_pending(50).open().await.unwrap();
    let (_service, _) = start_broken(&nats).await;
    for id in 0..60 {
        nats.publish(&event("t", &id.to_string()).build().unwrap())
            .await
            .unwrap();
    }
    letters(&nats, 60).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_without_deletions_keeps_replayed_dead_letters() {
    let Some(server) = Server::start() else {
        return;
    };
    let config = Config {
        name: "events".to_owned(),
        subjects: vec!["events.>".to_owned()],
        deny_delete: true,
        duplicate_window: Duration::from_mins(2),
        ..Config::default()
    };
    plain(&server).await.create_stream(config).await.unwrap();
    let nats = on(&server).open().await.unwrap();
    let (_service, works) = start_broken(&nats).await;
    nats.publish(&event("t", "1").build().unwrap())
        .await
        .unwrap();
    letters(&nats, 1).await;
    works.store(true, Ordering::Relaxed);
    let replaying = DeadLetters::new(nats.clone(), "tests").idle_timeout(PATIENCE);
    assert_eq!(replaying.replay_all().await.unwrap(), 1);
    letters(&nats, 0).await;
}
