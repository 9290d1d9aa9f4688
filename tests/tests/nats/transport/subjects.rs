//! Subjects from a template or a function.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_nats::jetstream::stream::Config;
use eventkit::transport::{Publisher, RawMessage, Subscription, Transport, TransportErrorKind};
use eventkit::{Event, Registry};
use eventkit_nats::{Nats, NatsBuilder};
use eventkit_service::DeadLetters;
use eventkit_tests::nats::Server;

use super::service::{quick, start, until};
use super::{assert_says, event, next, on, plain, subscription};

use TransportErrorKind::{Configuration, Rejected};

/// An event with every attribute that a subject may contain.
fn full(ty: &str, id: &str) -> Event {
    let event = event(ty, id).subject("c 7.*.>");
    event.extension("tenant", "$JS.acme").build().unwrap()
}

async fn subjects_of(server: &Server, stream: &str) -> Vec<String> {
    let stream = plain(server).await.get_stream(stream).await.unwrap();
    stream.cached_info().config.subjects.clone()
}

/// Publishes two events, the first of which fails once, and replays its dead letter.
async fn handle_and_replay(nats: &Nats, publish: impl AsyncFn(Event)) {
    let registry = Registry::new("tests");
    let fails = AtomicBool::new(true);
    let handled = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&handled);
    let failing = registry.with_name("failing").policy(quick().attempts(1));
    failing.register("t.*", move |event: &Event| {
        if event.id() == "1" && fails.swap(false, Ordering::Relaxed) {
            return Err("not yet");
        }
        log.lock().unwrap().push(event.id().to_owned());
        Ok(())
    });
    let (handle, running) = start(&registry, nats).await;
    publish(full("t.a", "1")).await;
    publish(full("t.b.c", "2")).await;
    until(|| handle.health().counters().dead_lettered == 1).await;
    until(|| handled.lock().unwrap().len() == 1).await;

    let letters = DeadLetters::new(nats.clone(), "tests");
    assert_eq!(letters.replay_all().await.unwrap(), 1);
    until(|| handled.lock().unwrap().len() == 2).await;
    assert_eq!(*handled.lock().unwrap(), ["2", "1"]);
    assert!(letters.list().await.unwrap().is_empty());
    handle.stop();
    running.await.unwrap().unwrap();
}

type Form = fn(NatsBuilder) -> NatsBuilder;

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_subject_delivers_events_and_replays_to_their_handler() {
    let Some(server) = Server::start() else {
        return;
    };
    let forms: [(&str, Form, &[&str]); 5] = [
        (
            "tenants",
            |nats| nats.subject("tenant.{ext:tenant}.{type}.v1"),
            &[
                "tenant.*.>",
                "tenants.eventkit.deadletter.>",
                "tenants.eventkit.replay.>",
            ],
        ),
        (
            "within",
            |nats| nats.subject("within.{subject}.{type}"),
            &["within.*.>"],
        ),
        (
            "customers",
            |nats| nats.subject("customer.{subject}.{id}"),
            &[
                "customer.*.*",
                "customers.eventkit.deadletter.>",
                "customers.eventkit.replay.>",
            ],
        ),
        (
            "functions",
            |nats| nats.subject_fn(|event| Some(format!("functions.any.{}", event.id()))),
            &["functions.>"],
        ),
        (
            "both",
            |nats| {
                let nats = nats.subject_fn(|event| Some(format!("f.{}", event.id())));
                nats.filter_subjects(["f.*"])
            },
            &[
                "both.eventkit.deadletter.>",
                "both.eventkit.replay.>",
                "f.*",
            ],
        ),
    ];
    for (stream, form, subjects) in forms {
        let nats = form(on(&server).stream(stream)).open().await.unwrap();
        assert_eq!(subjects_of(&server, stream).await, subjects);
        let publish = async |event: Event| {
            nats.publish(&event).await.unwrap();
        };
        handle_and_replay(&nats, publish).await;
        // The second time, the existing stream and consumers are used.
        form(on(&server).stream(stream)).open().await.unwrap();
    }
}

#[tokio::test]
async fn a_template_adds_attributes_to_the_subject_and_patterns_to_the_filter() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).subject("tenant.{ext:tenant}.{type}");
    let nats = nats.open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("co.*")).await.unwrap();
    for (ty, id) in [("co.a", "1"), ("other", "2"), ("co.b c", "3")] {
        nats.publish(&full(ty, id)).await.unwrap();
    }
    for (id, subject) in [
        ("1", "tenant.$JS%2Eacme.co.a"),
        ("3", "tenant.$JS%2Eacme.co.b%20c"),
    ] {
        let incoming = next(&mut *consumer).await;
        let position = incoming.metadata.position.unwrap();
        assert_eq!(incoming.event.unwrap().id(), id);
        incoming.handle.ack().await.unwrap();
        let stream = plain(&server).await.get_stream("events").await.unwrap();
        let stored = stream.get_raw_message(position).await.unwrap();
        assert_eq!(stored.subject.as_str(), subject);
    }
    let stream = plain(&server).await.get_stream("events").await.unwrap();
    let info = stream.consumer_info("handler").await.unwrap();
    assert_eq!(info.config.filter_subject, "tenant.*.co.>");
}

#[tokio::test]
async fn an_event_without_a_subject_is_rejected_without_side_effects() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).subject("orders.{subject}.{ext:tenant}");
    let nats = nats.open().await.unwrap();
    let bare = event("t", "1").build().unwrap();
    let error = nats.publish(&bare).await.unwrap_err();
    let parts = ["publish t 1 from /s", "no attribute `subject`"];
    assert_says(&error, Rejected, &parts);
    let poison = RawMessage::new(Vec::new(), "poison");
    let error = nats.publish_raw("t", &poison).await;
    assert_says(&error.unwrap_err(), Rejected, &["no attribute `subject`"]);

    // These subjects would have another effect than storing an event.
    let nats = on(&server).stream("shop").subject_fn(|event| {
        let subject = event.subject()?;
        Some(subject.to_owned())
    });
    let nats = nats.open().await.unwrap();
    for (subject, part) in [
        ("$JS.API.STREAM.DELETE.events", "reserved"),
        ("$JS.API.STREAM.PURGE.shop", "reserved"),
        ("_INBOX.a.b", "reserved"),
        ("shop.eventkit.replay.tests--a", "reserved"),
        ("shop.eventkit.deadletter.tests", "reserved"),
        ("shop..a", "expected tokens"),
        ("shop.*", "expected tokens"),
        ("shop.>", "expected tokens"),
        ("shop.a b", "expected tokens"),
        (".", "expected tokens"),
    ] {
        let event = event("t", "1").subject(subject).build().unwrap();
        assert_says(&nats.publish(&event).await.unwrap_err(), Rejected, &[part]);
    }
    let bare = event("t", "1").build().unwrap();
    let error = nats.publish(&bare).await.unwrap_err();
    assert_says(&error, Rejected, &["returned no subject"]);
    let elsewhere = event("t", "1").subject("elsewhere").build().unwrap();
    let error = nats.publish(&elsewhere).await.unwrap_err();
    let parts = ["does not store the subject `elsewhere`", "add it"];
    assert_says(&error, Configuration, &parts);
    let sound = event("t", "1").subject("shop.t").build().unwrap();
    nats.publish(&sound).await.unwrap();
}

#[tokio::test]
async fn malformed_templates_and_filters_are_refused_when_the_builder_opens() {
    let Some(server) = Server::start() else {
        return;
    };
    let error = on(&server).subject("orders.{typ}").open().await;
    let parts = [
        "template `orders.{typ}`",
        "found `{typ}` at character 8",
        "`{ext:name}`",
    ];
    assert_says(&error.unwrap_err(), Configuration, &parts);
    let error = on(&server).filter_subjects(["a.>.b"]).open().await;
    assert_says(&error.unwrap_err(), Configuration, &["`a.>.b`", "the last"]);
    let none: [&str; 0] = [];
    let error = on(&server).filter_subjects(none).open().await;
    assert_says(&error.unwrap_err(), Configuration, &["at least one"]);
    let error = on(&server).subject("{type}").open_core().await;
    assert_says(&error.unwrap_err(), Configuration, &["a literal"]);
    // Nothing was created.
    let stream = plain(&server).await.get_stream("events").await;
    assert!(stream.is_err());
}

#[tokio::test]
async fn a_stream_that_lacks_subjects_is_refused_with_the_missing_ones() {
    let Some(server) = Server::start() else {
        return;
    };
    let config = Config {
        name: "events".to_owned(),
        subjects: vec!["tenant.acme.>".to_owned()],
        ..Config::default()
    };
    plain(&server).await.create_stream(config).await.unwrap();
    let error = on(&server).subject("tenant.{ext:tenant}.{type}").open();
    let parts = [r#"`subjects` is ["tenant.acme.>"], expected ["tenant.*.>"] or more"#];
    assert_says(&error.await.unwrap_err(), Configuration, &parts);

    // Unlike a service, a program that only publishes does not need the subjects of services.
    let nats = on(&server).subject("tenant.acme.{type}");
    let nats = nats.open().await.unwrap();
    nats.publish(&event("t", "1").build().unwrap())
        .await
        .unwrap();
    let service = Subscription::new("s--h", ["t", "eventkit.replay.s--h"]);
    let parts = [
        "needs [",
        "events.eventkit.deadletter.>",
        "events.eventkit.replay.>",
        "subject_prefix",
    ];
    let error = nats.check_subscription(&service).unwrap_err();
    assert_says(&error, Configuration, &parts);
    let error = nats.subscribe(&service).await.unwrap_err();
    assert_says(&error, Configuration, &parts);
    let nats = on(&server).subject("tenant.acme.{type}");
    let nats = nats.subject_prefix("tenant.acme").open().await.unwrap();
    nats.check_subscription(&service).unwrap();
    nats.subscribe(&service).await.unwrap();
}

#[tokio::test]
async fn a_subject_that_resembles_a_reserved_one_is_allowed() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("*")).await.unwrap();
    let other = plain(&server).await;
    for (subject, is_reserved) in [
        ("events.eventkit%2Ereplay.handler", false),
        ("events.%65ventkit.replay.handler", false),
        ("events.eventkit.replay.handler", true),
    ] {
        let sent = other.publish(subject, "poison".into()).await.unwrap();
        sent.await.unwrap();
        let incoming = next(&mut *consumer).await;
        assert_eq!(incoming.reserved.is_some(), is_reserved, "{subject}");
        incoming.handle.ack().await.unwrap();
    }
}
