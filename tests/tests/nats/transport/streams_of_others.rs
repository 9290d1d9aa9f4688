//! Streams of other programs, whose subjects are not event types.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::jetstream::stream::{Config, Source};
use eventkit::transport::{Subscription, Transport, TransportErrorKind};
use eventkit::{Event, Registry};
use eventkit_nats::{Nats, NatsBuilder, Unselected};
use eventkit_service::DeadLetters;
use eventkit_tests::nats::Server;

use super::service::{quick, start, until};
use super::{assert_says, event, next, on, plain, subscription};

use TransportErrorKind::Configuration;

/// Creates a stream like an operator, including the subjects of a service.
async fn operator_stream(server: &Server) {
    let subjects = ["orders.>", "SHOP.eventkit.>"].map(str::to_owned);
    let config = Config {
        name: "SHOP".to_owned(),
        subjects: subjects.to_vec(),
        ..Config::default()
    };
    plain(server).await.create_stream(config).await.unwrap();
}

fn by_hand(server: &Server) -> NatsBuilder {
    let nats = on(server).stream("SHOP").existing_stream();
    nats.filter_subjects(["orders.*.created", "orders.*.paid"])
}

/// Publishes a JSON event without headers.
async fn send(server: &Server, subject: &str, ty: &str, id: &str) {
    let body = format!(r#"{{"specversion":"1.0","id":"{id}","source":"/o","type":"{ty}"}}"#);
    let client = plain(server).await;
    let sent = client.publish(subject.to_owned(), body.into()).await;
    sent.unwrap().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn events_on_custom_subjects_are_selected_by_type_and_replayed() {
    let Some(server) = Server::start() else {
        return;
    };
    operator_stream(&server).await;
    let nats = by_hand(&server).open().await.unwrap();
    let registry = Registry::new("tests");
    let handled = Arc::new(Mutex::new(Vec::new()));
    for (name, pattern) in [("created", "co.created"), ("paid", "co.paid.*")] {
        let log = Arc::clone(&handled);
        let fails = AtomicBool::new(true);
        let registered = registry.with_name(name).policy(quick().attempts(1));
        registered.register(pattern, move |event: &Event| {
            if event.id() == "2" && fails.swap(false, Ordering::Relaxed) {
                return Err("not yet");
            }
            let entry = format!("{name} {}", event.id());
            log.lock().unwrap().push(entry);
            Ok(())
        });
    }
    let (handle, running) = start(&registry, &nats).await;
    send(&server, "orders.7.created", "co.created", "1").await;
    send(&server, "orders.7.paid", "co.paid.eur", "2").await;
    // The subject is not a filter subject, but a server before 2.10 delivers it.
    send(&server, "orders.7.archived", "co.created", "3").await;
    send(&server, "orders.8.paid", "co.paid.usd", "4").await;
    until(|| handle.health().counters().dead_lettered == 1).await;
    until(|| handled.lock().unwrap().len() == 2).await;

    let letters = DeadLetters::new(nats.clone(), "tests");
    assert_eq!(letters.list().await.unwrap()[0].subscription, "tests--paid");
    assert_eq!(letters.replay_all().await.unwrap(), 1);
    until(|| handled.lock().unwrap().len() == 3).await;
    let mut handled = handled.lock().unwrap().clone();
    handled.sort_unstable();
    assert_eq!(handled, ["created 1", "paid 2", "paid 4"]);
    // Each event is selected by one handler, so the other one reports nothing.
    for name in ["created", "paid"] {
        let status = nats.subscription_status(&named(name));
        assert_eq!(status.warnings, [""; 0]);
    }
    handle.stop();
    running.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_can_run_on_its_own_stream_with_another_as_a_source() {
    let Some(server) = Server::start() else {
        return;
    };
    let jetstream = plain(&server).await;
    let theirs = Config {
        name: "TENANTS".to_owned(),
        subjects: vec!["tenant.*.orders".to_owned()],
        ..Config::default()
    };
    jetstream.create_stream(theirs).await.unwrap();
    let own = Config {
        name: "importer".to_owned(),
        subjects: vec!["importer.eventkit.>".to_owned()],
        sources: Some(vec![Source {
            name: "TENANTS".to_owned(),
            ..Source::default()
        }]),
        // For a stream with a source, the server has no deduplication window by default.
        duplicate_window: Duration::from_mins(2),
        ..Config::default()
    };
    jetstream.create_stream(own).await.unwrap();
    let nats = on(&server).stream("importer").existing_stream();
    let nats = nats.filter_subjects(["tenant.*.orders"]);
    let nats = nats.open().await.unwrap();

    let registry = Registry::new("tests");
    let fails = AtomicBool::new(true);
    let registered = registry.with_name("import").policy(quick().attempts(1));
    registered.register("co.created", move |_: &Event| {
        if fails.swap(false, Ordering::Relaxed) {
            return Err("not yet");
        }
        Ok(())
    });
    let (handle, running) = start(&registry, &nats).await;
    send(&server, "tenant.north.orders", "co.created", "1").await;
    until(|| handle.health().counters().dead_lettered == 1).await;
    let letters = DeadLetters::new(nats.clone(), "tests");
    assert_eq!(letters.replay_all().await.unwrap(), 1);
    until(|| handle.health().counters().succeeded == 1).await;
    handle.stop();
    running.await.unwrap().unwrap();

    // Published events must be stored by the stream itself.
    let publishes = on(&server).stream("importer").existing_stream();
    let publishes = publishes.subject("tenant.{ext:tenant}.orders");
    let error = publishes.open().await.unwrap_err();
    assert_says(&error, Configuration, &["`subjects`", "tenant.*.orders"]);
}

fn named(handler: &str) -> Subscription {
    Subscription::new(format!("tests--{handler}"), ["t"])
}

/// Runs a service whose only handler takes one of three events. Returns the warnings of its
/// subscription, and the errors of its dead letters.
async fn run_with_strangers(server: &Server, nats: &Nats) -> (Vec<String>, Vec<String>) {
    let registry = Registry::new("tests");
    registry
        .with_name("created")
        .register("co.created", |_: &Event| {});
    let (handle, running) = start(&registry, nats).await;
    send(server, "orders.7.paid", "co.stranger", "1").await;
    send(server, "orders.8.paid", "co.stranger", "2").await;
    send(server, "orders.8.created", "co.created", "3").await;
    until(|| handle.health().counters().succeeded == 1).await;
    handle.stop();
    running.await.unwrap().unwrap();
    let listed = DeadLetters::new(nats.clone(), "tests").list().await;
    let errors = listed.unwrap().into_iter().map(|letter| letter.error);
    let warnings = nats.subscription_status(&named("created")).warnings;
    (warnings, errors.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_no_handler_takes_is_reported_skipped_or_dead_lettered() {
    for (rule, warnings, letters) in [
        (Unselected::Report, 1, 0),
        (Unselected::Skip, 0, 0),
        (Unselected::DeadLetter, 0, 2),
    ] {
        let Some(server) = Server::start() else {
            return;
        };
        operator_stream(&server).await;
        let nats = by_hand(&server).unselected(rule).open().await.unwrap();
        let (warned, errors) = run_with_strangers(&server, &nats).await;
        assert_eq!(
            (warned.len(), errors.len()),
            (warnings, letters),
            "{rule:?}"
        );
        for warning in warned {
            assert!(warning.contains("`co.stranger` (2)"), "{warning}");
        }
        for error in errors {
            assert!(error.contains("takes its type `co.stranger`"), "{error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_of_an_unselected_event_can_be_replayed_to_a_later_handler() {
    let Some(server) = Server::start() else {
        return;
    };
    operator_stream(&server).await;
    let nats = by_hand(&server).unselected(Unselected::DeadLetter);
    let nats = nats.open().await.unwrap();
    run_with_strangers(&server, &nats).await;
    let registry = Registry::new("tests");
    registry
        .with_name("created")
        .register("co.*", |_: &Event| {});
    let (handle, running) = start(&registry, &nats).await;
    let letters = DeadLetters::new(nats.clone(), "tests");
    assert_eq!(letters.replay_all().await.unwrap(), 2);
    until(|| handle.health().counters().succeeded == 2).await;
    assert!(letters.list().await.unwrap().is_empty());
    handle.stop();
    running.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_superseded_process_leaves_unselected_events_to_the_later_one() {
    const COUNT: usize = 8;
    let Some(server) = Server::start() else {
        return;
    };
    operator_stream(&server).await;
    let nats = by_hand(&server).unselected(Unselected::DeadLetter);
    let earlier = nats.open().await.unwrap();
    let mut earlier_consumer = earlier.subscribe(&subscription("co.a")).await.unwrap();
    let later = by_hand(&server).open().await.unwrap();
    let mut later_consumer = later.subscribe(&subscription("co.*")).await.unwrap();
    let waiting = tokio::spawn(async move {
        let next = earlier_consumer.next().await;
        panic!("the earlier process received {next:?}");
    });
    for number in 0..COUNT {
        send(&server, "orders.7.paid", "co.b", &number.to_string()).await;
    }
    let mut received = BTreeSet::new();
    while received.len() < COUNT {
        let incoming = next(&mut *later_consumer).await;
        received.insert(incoming.event.unwrap().id().to_owned());
        incoming.handle.ack().await.unwrap();
    }
    assert!(!waiting.is_finished());
    waiting.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_on_a_custom_subject_that_is_not_an_event_is_a_dead_letter() {
    let Some(server) = Server::start() else {
        return;
    };
    operator_stream(&server).await;
    let nats = by_hand(&server).open().await.unwrap();
    let registry = Registry::new("tests");
    registry.with_name("all").register("*", |_: &Event| {});
    let (handle, running) = start(&registry, &nats).await;
    let client = plain(&server).await;
    for body in ["poison", r#"{"order": 7}"#] {
        let sent = client.publish("orders.7.paid", body.into()).await.unwrap();
        sent.await.unwrap();
    }
    until(|| handle.health().counters().dead_lettered == 2).await;
    handle.stop();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn json_without_headers_is_an_event_only_if_it_has_the_members_of_one() {
    let Some(server) = Server::start() else {
        return;
    };
    operator_stream(&server).await;
    let nats = by_hand(&server).open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("*")).await.unwrap();
    send(&server, "orders.1.paid", "co.paid", "1").await;
    let incoming = next(&mut *consumer).await;
    assert_eq!(incoming.event.unwrap().ty(), "co.paid");
    let client = plain(&server).await;
    for body in [
        r#"{"specversion":"1.0","id":"1","type":"t"}"#,
        r#"[{"specversion":"1.0","id":"1","source":"/o","type":"t"}]"#,
        "{",
        "",
    ] {
        let sent = client.publish("orders.1.paid", body.into()).await.unwrap();
        sent.await.unwrap();
        let incoming = next(&mut *consumer).await;
        let invalid = incoming.event.unwrap_err();
        assert_eq!(invalid.message.body, body);
    }
    // A content type that is not that of an event describes the body.
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "text/plain");
    let body = r#"{"specversion":"1.0","id":"1","source":"/o","type":"t"}"#;
    let sent = client.publish_with_headers("orders.1.paid", headers, body.into());
    sent.await.unwrap().await.unwrap();
    assert!(next(&mut *consumer).await.event.is_err());
}

#[tokio::test]
async fn an_existing_stream_is_not_created_and_unmatched_events_are_rejected() {
    let Some(server) = Server::start() else {
        return;
    };
    let error = by_hand(&server).open().await.unwrap_err();
    let parts = ["the stream `SHOP` does not exist", "existing stream"];
    assert_says(&error, Configuration, &parts);
    assert!(plain(&server).await.get_stream("SHOP").await.is_err());

    operator_stream(&server).await;
    let nats = by_hand(&server).open().await.unwrap();
    let event = event("co.paid", "1").build().unwrap();
    let error = nats.publish(&event).await.unwrap_err();
    let parts = [
        "no subscription of this transport",
        "`NatsBuilder::subject`",
    ];
    assert_says(&error, Configuration, &parts);
    let nats = by_hand(&server).subject("orders.{id}.paid");
    let nats = nats.open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("co.*")).await.unwrap();
    nats.publish(&event).await.unwrap();
    assert_eq!(next(&mut *consumer).await.event.unwrap(), event);

    // The stream is deleted while the process runs.
    let client = plain(&server).await;
    client.delete_stream("SHOP").await.unwrap();
    let error = nats.subscribe(&subscription("co.*")).await.unwrap_err();
    assert_says(&error, Configuration, &["does not exist"]);
}
