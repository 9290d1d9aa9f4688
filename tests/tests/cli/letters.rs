//! `eventkit letters`, on NATS and RabbitMQ.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use eventkit::transport::{Publisher, RawMessage, Transport};
use eventkit::{Dispatcher, Event, Policy, Registry};
use eventkit_service::{DeadLetters, Service, ServiceHandle};
use tokio::time::timeout;

use crate::brokers::{nats_with, rabbitmq_with};
use crate::program::{PATIENCE, Run, run};

/// A service `billing` whose handlers fail until they are mended.
struct Billing {
    handle: ServiceHandle,
    works: Arc<AtomicBool>,
    /// The arguments that name the service.
    place: Vec<String>,
}

impl Billing {
    async fn start(transport: impl Transport + Clone + 'static, place: &[&str]) -> Self {
        let registry = Registry::new("billing");
        let works = Arc::new(AtomicBool::new(false));
        for (name, error) in [("receipt", "no printer"), ("charge", "card declined")] {
            let works = Arc::clone(&works);
            let handler = registry.with_name(name).policy(Policy::new().attempts(1));
            handler.register("order.*", move |_: &Event| {
                let works = works.load(Ordering::Relaxed);
                works.then_some(()).ok_or(error)
            });
        }
        let app = Dispatcher::new(&registry).build().unwrap();
        let service = Service::new("billing", &app)
            .transport(transport)
            .build()
            .unwrap();
        let handle = service.handle();
        tokio::spawn(service.run_until(pending()));
        timeout(PATIENCE, handle.ready())
            .await
            .expect("the service is ready");
        let service = ["--service", "billing"];
        let place = place
            .iter()
            .chain(&service)
            .map(ToString::to_string)
            .collect();
        Self {
            handle,
            works,
            place,
        }
    }

    async fn wait_for_letters(&self, count: u64) {
        let stored = self
            .handle
            .wait_for(|health| health.counters().dead_lettered == count);
        timeout(PATIENCE, stored)
            .await
            .expect("the dead letters are stored");
    }

    fn run(&self, command: &str, more: &[&str]) -> Run {
        let place = self.place.iter().map(String::as_str);
        let arguments = ["letters", command]
            .into_iter()
            .chain(place)
            .chain(more.iter().copied());
        run(&arguments.collect::<Vec<_>>())
    }
}

fn event(id: u32, ty: &str) -> Event {
    let event = Event::builder().source("/shop").ty(ty).id(id.to_string());
    event.data_json(&id).unwrap().build().unwrap()
}

/// Publishes three events and a message that is none, which two handlers fail to handle.
async fn fill(publisher: &dyn Publisher, billing: &Billing) {
    for (id, ty) in [(1, "order.placed"), (2, "order.placed"), (3, "order.paid")] {
        publisher.publish_event(&event(id, ty)).await.unwrap();
    }
    let poison = RawMessage::new(vec![("x".into(), "y".into())], &b"\xff poison"[..]);
    publisher.publish_raw("order.raw", &poison).await.unwrap();
    billing.wait_for_letters(8).await;
}

/// Stores two dead letters of one event in the stream `shop` of NATS.
pub(crate) async fn fail_one(nats: &eventkit_nats::Nats) {
    let billing = Billing::start(nats.clone(), &[]).await;
    nats.publish_event(&event(1, "order.placed")).await.unwrap();
    billing.wait_for_letters(2).await;
}

/// Checks all commands on a transport.
async fn check<T: Transport + Clone + 'static>(transport: T, place: &[&str]) {
    let billing = Billing::start(transport.clone(), place).await;
    let none = billing.run("list", &[]);
    none.assert_code(1);
    none.assert_says(&["no dead letters"]);
    fill(&transport, &billing).await;
    check_reading(&billing);
    check_deleting(&billing);
    check_replaying(&billing).await;
}

fn check_reading(billing: &Billing) {
    let counts = billing.run("count", &[]);
    counts.assert_code(0);
    let counts: Vec<_> = counts
        .json()
        .iter()
        .map(|own| {
            (
                own["handler"].as_str().unwrap().to_owned(),
                own["count"].as_u64(),
            )
        })
        .collect();
    // Each handler fails with an error of its own, and with that of the message.
    assert_eq!(counts.len(), 4, "{counts:?}");
    let sum: u64 = counts.iter().filter_map(|(_, count)| *count).sum();
    assert_eq!(sum, 8);

    let all = billing.run("list", &["--all"]).json();
    assert_eq!(all.len(), 8);
    let event = all.iter().find(|own| own["event"]["id"] == "2").unwrap();
    assert_eq!(
        (&event["event"]["data"], &event["attempts"]),
        (&2.into(), &1.into())
    );
    assert!(event["last_failure"].as_str().unwrap().ends_with('Z'));
    let raw = all.iter().find(|own| own["message"].is_object()).unwrap();
    assert_eq!(raw["message"]["body_base64"], "/yBwb2lzb24=");

    for (arguments, count) in [
        (&["--handler", "receipt"] as &[&str], 4),
        (&["--handler", "billing--charge"], 4),
        (&["--type", "order.placed"], 4),
        (&["--id", "3", "--handler", "charge"], 1),
        (&["--source", "/shop"], 6),
        (&["--error", "no printer"], 3),
        (&["--filter", "type = 'order.paid' OR id = '1'"], 4),
        (&["--limit", "5"], 5),
    ] {
        let found = billing.run("list", arguments);
        found.assert_code(0);
        assert_eq!(found.json().len(), count, "{arguments:?}: {}", found.text());
    }
    billing.run("list", &["--id", "9"]).assert_code(1);

    let table = billing.run("list", &["--output", "text", "--handler", "receipt"]);
    let header = table.text().lines().next().unwrap();
    let names: Vec<_> = header.split_whitespace().collect();
    assert_eq!(
        names,
        [
            "LAST", "FAILURE", "HANDLER", "ATTEMPTS", "TYPE", "ID", "ERROR"
        ]
    );
    // Long errors continue on the next line.
    let rows = table
        .text()
        .lines()
        .filter(|line| line.contains(" receipt "));
    assert_eq!(rows.count(), 4, "{}", table.text());
    assert!(table.text().contains("order.placed"), "{}", table.text());
    let shown = billing.run("show", &["--id", "3", "--handler", "charge", "-o", "text"]);
    shown.assert_code(0);
    assert!(
        shown.text().contains("\n  \"error\": \"card declined\",\n"),
        "{}",
        shown.text()
    );
}

fn check_deleting(billing: &Billing) {
    let delete = ["--error", "no printer", "--id", "1"];
    let refused = billing.run("delete", &delete);
    refused.assert_code(2);
    refused.assert_says(&["--yes"]);
    let listed = billing.run("delete", &[&delete[..], &["--dry-run"]].concat());
    assert_eq!(listed.json().len(), 1);
    let deleted = billing.run("delete", &[&delete[..], &["--yes"]].concat());
    deleted.assert_code(0);
    assert_eq!(deleted.text(), "{\"deleted\":1}\n");
    billing
        .run("delete", &[&delete[..], &["--yes"]].concat())
        .assert_code(1);
    assert_eq!(billing.run("list", &[]).json().len(), 7);
}

async fn check_replaying(billing: &Billing) {
    billing.works.store(true, Ordering::Relaxed);
    let listed = billing.run("replay", &["--handler", "charge", "--id", "1", "--dry-run"]);
    assert_eq!(listed.json().len(), 1);
    let replayed = billing.run(
        "replay",
        &["--handler", "charge", "--id", "1", "-o", "text"],
    );
    replayed.assert_code(0);
    assert_eq!(replayed.text(), "replayed 1 dead letter\n");
    let succeeded = billing
        .handle
        .wait_for(|health| health.counters().succeeded == 1);
    timeout(PATIENCE, succeeded)
        .await
        .expect("the replay succeeds");

    let refused = billing.run("replay", &["--id", "2", "--to", "unknown"]);
    refused.assert_code(1);
    refused.assert_says(&["billing--unknown", "billing--receipt"]);
    assert_eq!(billing.run("list", &[]).json().len(), 6);

    let replayed = billing.run("replay", &["--type", "order.*", "--rate", "100"]);
    replayed.assert_code(0);
    assert_eq!(replayed.text(), "{\"replayed\":4}\n");
    let succeeded = billing
        .handle
        .wait_for(|health| health.counters().succeeded == 5);
    timeout(PATIENCE, succeeded)
        .await
        .expect("the replays succeed");
    let deleted = billing.run("delete", &["--all", "--yes"]);
    assert_eq!(deleted.text(), "{\"deleted\":2}\n");
    billing.run("count", &[]).assert_code(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_on_nats_are_read_replayed_and_deleted() {
    let Some((server, nats)) = nats_with("shop").await else {
        return;
    };
    check(nats, &[&format!("{}/shop", server.url())]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_on_rabbitmq_are_read_replayed_and_deleted() {
    let Some((url, rabbitmq)) = rabbitmq_with("cli-letters").await else {
        return;
    };
    check(rabbitmq, &[&url, "--exchange", "cli-letters"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_does_not_exist_is_named_and_not_created() {
    let Some((server, nats)) = nats_with("shop").await else {
        return;
    };
    let url = format!("{}/shop", server.url());
    let ended = run(&["letters", "list", &url, "--service", "biling"]);
    ended.assert_code(1);
    ended.assert_says(&["`biling`", "no service has any"]);
    let _billing = Billing::start(nats.clone(), &[&url]).await;
    let before = nats.subscriptions().await.unwrap().unwrap().len();
    let ended = run(&["letters", "count", &url, "--service", "biling"]);
    ended.assert_code(1);
    ended.assert_says(&["`biling`", "services: billing"]);
    assert_eq!(nats.subscriptions().await.unwrap().unwrap().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_is_interrupted_keeps_the_others() {
    let Some((server, nats)) = nats_with("shop").await else {
        return;
    };
    let url = format!("{}/shop", server.url());
    let billing = Billing::start(nats.clone(), &[&url]).await;
    for id in 0..20 {
        nats.publish_event(&event(id, "order.placed"))
            .await
            .unwrap();
    }
    billing.wait_for_letters(40).await;
    billing.works.store(true, Ordering::Relaxed);
    let running = crate::program::Running::start(&[
        "letters",
        "replay",
        &url,
        "--service",
        "billing",
        "--all",
        "--rate",
        "2",
    ]);
    let first = billing
        .handle
        .wait_for(|health| health.counters().succeeded > 0);
    timeout(PATIENCE, first)
        .await
        .expect("the first replay succeeds");
    running.signal("INT");
    running.message("interrupted");
    let (code, _) = running.end();
    assert_eq!(code, Some(130));
    let letters = DeadLetters::new(nats, "billing");
    let left = timeout(PATIENCE, async {
        // Those of the interrupted command return soon.
        loop {
            let left = letters.list().await.unwrap().len();
            let succeeded = billing.handle.health().counters().succeeded;
            if left as u64 + succeeded == 40 {
                return left;
            }
        }
    });
    assert!(left.await.expect("the others return") > 20);
}
