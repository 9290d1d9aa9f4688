//! A service with its handlers on RabbitMQ.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eventkit::transport::{Publisher, RawMessage, TransportErrorKind};
use eventkit::{Event, Policy, Registry};
use eventkit_rabbitmq::RabbitMq;
use eventkit_rabbitmq::binding::Separator;
use eventkit_service::DeadLetters;
use tokio::time::{sleep, timeout};

use super::{PATIENCE, event, publish, start, until};
use crate::node::Node;

/// How often each handler has got each event.
type Handled = Arc<Mutex<BTreeMap<(&'static str, String), u32>>>;

fn quick() -> Policy {
    Policy::new().initial_delay(Duration::from_millis(50))
}

fn note(handled: &Handled, name: &'static str, event: &Event) {
    let key = (name, event.id().to_owned());
    *handled.lock().unwrap().entry(key).or_default() += 1;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_handler_retries_and_replays_on_its_own() {
    for separator in [Separator::Underscore, Separator::Colon] {
        let node = Node::shared();
        let Some((builder, _)) = node.exchange() else {
            return;
        };
        let rabbitmq = builder.separator(separator).open().await.unwrap();
        retries_and_replays(&rabbitmq).await;
    }
}

async fn retries_and_replays(rabbitmq: &RabbitMq) {
    let registry = Registry::new("tests");
    let handled = Handled::default();
    let works = Arc::new(AtomicBool::new(false));
    let log = Arc::clone(&handled);
    registry
        .with_name("sound")
        .register("t.*", move |event: &Event| note(&log, "sound", event));
    let (log, mended) = (Arc::clone(&handled), Arc::clone(&works));
    let failing = registry.with_name("failing").policy(quick().attempts(3));
    failing.register("t.a", move |event: &Event| {
        note(&log, "failing", event);
        let works = mended.load(Ordering::Relaxed);
        works.then_some(()).ok_or("not yet")
    });
    let (handle, running) = start(&registry, rabbitmq).await;

    publish(rabbitmq, &event("t.a", "1").build().unwrap()).await;
    publish(rabbitmq, &event("t.b", "2").build().unwrap()).await;
    until(|| handle.health().counters().dead_lettered == 1).await;
    let count = |name, id: &str| {
        let handled = handled.lock().unwrap();
        handled.get(&(name, id.to_owned())).copied().unwrap_or(0)
    };
    until(|| (count("sound", "1"), count("sound", "2")) == (1, 1)).await;
    assert_eq!(count("failing", "1"), 3);

    works.store(true, Ordering::Relaxed);
    let letters = DeadLetters::new(rabbitmq.clone(), "tests");
    let listed = letters.list().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].subscription, "tests--failing");
    assert_eq!(listed[0].attempts, 3);
    assert_eq!(letters.replay_all().await.unwrap(), 1);
    until(|| count("failing", "1") == 4).await;
    assert_eq!((count("sound", "1"), count("sound", "2")), (1, 1));
    assert!(letters.list().await.unwrap().is_empty());
    handle.stop();
    running.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_read_in_pages_and_remain_stored() {
    let node = Node::shared();
    let Some((builder, _)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let registry = Registry::new("tests");
    let failing = registry.with_name("failing").policy(quick().attempts(1));
    failing.register("t", |_: &Event| Err::<(), _>("never"));
    let (handle, running) = start(&registry, &rabbitmq).await;
    for number in 0..25 {
        publish(&rabbitmq, &event("t", &number.to_string()).build().unwrap()).await;
    }
    until(|| handle.health().counters().dead_lettered == 25).await;
    let letters = DeadLetters::new(rabbitmq.clone(), "tests");
    for _ in 0..3 {
        let mut pages = letters.pages(10).await.unwrap();
        let mut sizes = Vec::new();
        while let Some(page) = pages.next().await.unwrap() {
            sizes.push(page.len());
        }
        pages.close().await;
        assert_eq!(sizes, [10, 10, 5]);
    }
    let deleted = letters.delete_where(|letter| letter.event().unwrap().id() == "7");
    assert_eq!(deleted.await.unwrap(), 1);
    assert_eq!(letters.list().await.unwrap().len(), 24);
    handle.stop();
    running.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn attributes_and_headers_of_senders_are_not_those_of_services() {
    let node = Node::shared();
    let Some((builder, _)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let registry = Registry::new("tests");
    let handled = Handled::default();
    let log = Arc::clone(&handled);
    registry
        .with_name("all")
        .register("*", move |event: &Event| note(&log, "all", event));
    let (handle, running) = start(&registry, &rabbitmq).await;
    let marked = event("t", "1").extension("deadletterhandler", "tests--other");
    let marked = marked.extension("replayfor", "tests--other");
    publish(&rabbitmq, &marked.build().unwrap()).await;
    // The value of the dead letter is the last one.
    let header = ("eventkit-subscription".to_owned(), "zzz".to_owned());
    let poison = RawMessage::new(vec![header.clone()], "poison");
    rabbitmq.publish_raw("t", &poison).await.unwrap();
    until(|| handle.health().counters().dead_lettered == 1).await;
    until(|| handle.health().counters().succeeded == 1).await;

    let letters = DeadLetters::new(rabbitmq.clone(), "tests");
    let listed = letters.list().await.unwrap();
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(listed[0].subscription, "tests--all");
    let message = listed[0].message().unwrap();
    assert!(message.headers.contains(&header), "{message:?}");
    let reserved = event("eventkit.replay.tests--all", "2").build().unwrap();
    let refused = rabbitmq.publish(&reserved).await.unwrap_err();
    assert_eq!(refused.kind(), TransportErrorKind::Rejected);
    handle.stop();
    running.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_handles_everything_while_the_broker_is_killed() {
    const COUNT: usize = 300;
    let node = Node::alone();
    let Some((builder, _)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let registry = Registry::new("tests");
    let handled = Handled::default();
    for name in ["one", "two"] {
        let log = Arc::clone(&handled);
        registry
            .with_name(name)
            .register("t", move |event: &Event| note(&log, name, event));
    }
    let (handle, running) = start(&registry, &rabbitmq).await;
    let sender = {
        let rabbitmq = rabbitmq.clone();
        tokio::spawn(async move {
            for number in 0..COUNT {
                publish(&rabbitmq, &event("t", &number.to_string()).build().unwrap()).await;
                sleep(Duration::from_millis(30)).await;
            }
        })
    };
    // RabbitMQ 3.10 may lose the first stream that was ever declared if it is killed within seconds.
    sleep(Duration::from_secs(7)).await;
    {
        let mut server = node.server().unwrap();
        server.kill();
        server.restart();
    }
    let sent = timeout(PATIENCE, sender).await;
    sent.expect("all are published").unwrap();
    until(|| handled.lock().unwrap().len() == 2 * COUNT).await;
    handle.stop();
    let stopped = timeout(PATIENCE, running).await.expect("it stops");
    let stopped = stopped.unwrap().unwrap();
    assert_eq!(stopped.abandoned, 0, "{stopped:?}");
    assert_eq!(handle.health().counters().dead_lettered, 0);
}
