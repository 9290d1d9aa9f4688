//! Sending and listening on NATS and RabbitMQ.

use std::sync::{Mutex, OnceLock, PoisonError};

use eventkit::Event;
use eventkit::transport::{Subscription, Transport};
use eventkit_formats::avro::Avro;
use eventkit_formats::protobuf::Protobuf;
use eventkit_formats::xml::Xml;
use eventkit_nats::{Nats, NatsBuilder};
use eventkit_rabbitmq::RabbitMq;
use eventkit_tests::{nats, rabbitmq};

use crate::program::{Running, event, run, run_with};

/// Returns the URL of the RabbitMQ node that the tests share. It ends with this process.
pub(crate) fn rabbitmq_url() -> Option<String> {
    static SHARED: OnceLock<Option<Mutex<rabbitmq::Server>>> = OnceLock::new();
    let server = SHARED.get_or_init(|| rabbitmq::Server::start().map(Mutex::new));
    let server = server
        .as_ref()?
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    Some(server.url())
}

/// Starts a NATS server with a stream.
pub(crate) async fn nats_with(stream: &str) -> Option<(nats::Server, Nats)> {
    let server = nats::Server::start()?;
    let nats = Nats::connect(server.url())
        .stream(stream)
        .open()
        .await
        .unwrap();
    Some((server, nats))
}

/// Creates an exchange of RabbitMQ.
pub(crate) async fn rabbitmq_with(exchange: &str) -> Option<(String, RabbitMq)> {
    let url = rabbitmq_url()?;
    let rabbitmq = RabbitMq::connect(&url)
        .exchange(exchange)
        .open()
        .await
        .unwrap();
    Some((url, rabbitmq))
}

fn lines(ids: std::ops::Range<u32>, ty: &str) -> String {
    ids.map(|id| event(&id.to_string(), ty) + "\n").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_stored_in_a_stream_once() {
    let Some((server, _nats)) = nats_with("shop").await else {
        return;
    };
    let url = format!("{}/shop", server.url());
    for (outcome, mode) in [("stored", "binary"), ("duplicate", "structured")] {
        let ended = run_with(
            &["send", &url, "--in-flight", "8", "--mode", mode],
            lines(0..20, "t.a"),
        );
        ended.assert_code(0);
        let answers = ended.json();
        assert_eq!(answers.len(), 20);
        assert!(
            answers.iter().all(|own| own["outcome"] == outcome),
            "{answers:#?}"
        );
        assert!(answers.iter().all(|own| own["position"].as_u64().is_some()));
    }
    let arguments = [
        "listen", &url, "--start", "oldest", "--type", "t.*", "--count", "20",
    ];
    let ended = run(&arguments);
    ended.assert_code(0);
    assert_eq!(ended.text(), lines(0..20, "t.a"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ephemeral_subscription_of_nats_gets_new_events_and_takes_none() {
    let Some((server, nats)) = nats_with("shop").await else {
        return;
    };
    let receipt = Subscription::new("billing--receipt", ["t.*"]);
    let mut consumer = nats.subscribe(&receipt).await.unwrap();
    let url = format!("{}/shop", server.url());
    run_with(&["send", &url], event("old", "t.a")).assert_code(0);
    let running = Running::start(&[
        "listen",
        &url,
        "--type",
        "t.*",
        "--filter",
        "id <> '2'",
        "--count",
        "2",
    ]);
    running.message("listening");
    let sent = [("1", "t.a"), ("2", "t.b"), ("3", "u"), ("4", "t.b")];
    let input: Vec<String> = sent.map(|(id, ty)| event(id, ty)).into();
    run_with(&["send", &url], input.join("\n")).assert_code(0);
    assert_eq!(
        running.end(),
        (Some(0), vec![event("1", "t.a"), event("4", "t.b")])
    );
    for id in ["old", "1", "2", "4"] {
        let incoming = consumer.next().await.unwrap().unwrap();
        assert_eq!(incoming.event.unwrap().id(), id);
        incoming.handle.ack().await.unwrap();
    }
    let subscriptions = nats.subscriptions().await.unwrap().unwrap();
    let names: Vec<_> = subscriptions.iter().map(|own| own.name.as_str()).collect();
    assert_eq!(names, ["billing--receipt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_in_every_format_are_printed() {
    let Some((server, nats)) = nats_with("shop").await else {
        return;
    };
    drop(nats);
    let formats: [&dyn Fn(NatsBuilder) -> NatsBuilder; 3] = [
        &|own| own.structured(Avro),
        &|own| own.structured(Protobuf),
        &|own| own.structured(Xml),
    ];
    for format in formats {
        let builder = Nats::connect(server.url()).stream("shop");
        let nats = format(builder).open().await.unwrap();
        let event = Event::builder().source("/s").ty("t").without_time();
        nats.publish(&event.build().unwrap()).await.unwrap();
    }
    let url = format!("{}/shop", server.url());
    let ended = run(&["listen", &url, "--start", "oldest", "--count", "3"]);
    ended.assert_code(0);
    assert!(ended.json().iter().all(|event| event["type"] == "t"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_durable_subscription_of_nats_continues() {
    let Some((server, _nats)) = nats_with("shop").await else {
        return;
    };
    let url = format!("{}/shop", server.url());
    run_with(&["send", &url], lines(0..10, "t")).assert_code(0);
    let arguments = ["listen", &url, "--durable", "audit", "--start", "oldest"];
    let ended = run(&[&arguments[..], &["--count", "4"]].concat());
    ended.assert_code(0);
    assert_eq!(ended.text(), lines(0..4, "t"));

    let running = Running::start(&arguments);
    let rest: Vec<String> = (4..10).map(|_| running.line()).collect();
    assert_eq!(rest.join("\n") + "\n", lines(4..10, "t"));
    running.signal("INT");
    assert_eq!(running.end(), (Some(0), vec![]));

    run_with(&["send", &url], event("last", "t")).assert_code(0);
    let ended = run(&[&arguments[..], &["--count", "1"]].concat());
    assert_eq!(ended.text(), event("last", "t") + "\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_does_not_exist_is_not_created() {
    let Some((server, _nats)) = nats_with("shop").await else {
        return;
    };
    let url = format!("{}/shpo", server.url());
    for arguments in [
        &["send", &url, "--type", "t", "--source", "/s"] as &[&str],
        &["listen", &url],
        &["listen", &url, "--durable", "audit"],
        &["letters", "list", &url, "--service", "billing"],
    ] {
        let ended = run(arguments);
        ended.assert_code(3);
        ended.assert_says(&["the stream `shpo`"]);
        // A person at a command line does not know the builders of Rust.
        assert!(!ended.stderr.contains("NatsBuilder"), "{ended:#?}");
    }
    run(&[
        "send",
        &format!("{}/shop", server.url()),
        "--stream",
        "other",
        "--type",
        "t",
        "--source",
        "/s",
    ])
    .assert_code(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_of_nats_is_in_the_url() {
    let Some(server) = nats::Server::start_with(&["--user", "shop", "--pass", "se:cret"]) else {
        return;
    };
    let url = server.url().replace("nats://", "nats://shop:se%3Acret@");
    let _nats = Nats::connect(&url).stream("shop").open().await.unwrap();
    let url = format!("{url}/shop");
    run_with(&["send", &url], event("1", "t")).assert_code(0);
    let ended = run(&["listen", &url, "--start", "oldest", "--count", "1"]);
    assert_eq!(ended.text(), event("1", "t") + "\n");
    let wrong = url.replace("se%3Acret", "other-secret");
    for arguments in [
        &["send", &wrong, "--type", "t", "--source", "/s"] as &[&str],
        &["listen", &wrong],
    ] {
        let ended = run(arguments);
        ended.assert_code(3);
        assert!(!ended.stderr.contains("other-secret"), "{}", ended.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_no_queue_selects_is_unrouted() {
    let Some((url, rabbitmq)) = rabbitmq_with("cli-send").await else {
        return;
    };
    let arguments = ["send", &url, "--exchange", "cli-send"];
    let ended = run_with(&arguments, event("1", "t"));
    ended.assert_code(1);
    assert_eq!(ended.json()[0]["outcome"], "unrouted");

    let receipt = Subscription::new("billing--receipt", ["t"]);
    let mut consumer = rabbitmq.subscribe(&receipt).await.unwrap();
    let ended = run_with(&arguments, event("2", "t"));
    ended.assert_code(0);
    assert_eq!(ended.json()[0]["outcome"], "stored");
    let incoming = consumer.next().await.unwrap().unwrap();
    assert_eq!(incoming.event.unwrap().id(), "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ephemeral_queue_of_rabbitmq_gets_new_events_and_takes_none() {
    let Some((url, rabbitmq)) = rabbitmq_with("cli-listen").await else {
        return;
    };
    let receipt = Subscription::new("billing--receipt", ["t.*"]);
    let mut consumer = rabbitmq.subscribe(&receipt).await.unwrap();
    let on = ["--exchange", "cli-listen"];
    let arguments = [
        &[
            "listen",
            &url,
            "--type",
            "t.*",
            "--filter",
            "id <> '2'",
            "--count",
            "2",
        ][..],
        &on,
    ]
    .concat();
    let running = Running::start(&arguments);
    running.message("listening");
    let sent = [("1", "t.a"), ("2", "t.b"), ("4", "t.b.c")];
    let input: Vec<String> = sent.map(|(id, ty)| event(id, ty)).into();
    let ended = run_with(
        &[&["send", &url, "--mode", "structured"][..], &on].concat(),
        input.join("\n"),
    );
    ended.assert_code(0);
    assert_eq!(
        running.end(),
        (Some(0), vec![event("1", "t.a"), event("4", "t.b.c")])
    );
    for id in ["1", "2", "4"] {
        let incoming = consumer.next().await.unwrap().unwrap();
        assert_eq!(incoming.event.unwrap().id(), id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_durable_queue_of_rabbitmq_keeps_events_while_nobody_listens() {
    let Some((url, _rabbitmq)) = rabbitmq_with("cli-durable").await else {
        return;
    };
    let on = ["--exchange", "cli-durable"];
    let listen = [&["listen", &url, "--durable", "audit"][..], &on].concat();
    let running = Running::start(&listen);
    running.message("listening");
    running.signal("TERM");
    assert_eq!(running.end(), (Some(0), vec![]));
    let ended = run_with(&[&["send", &url][..], &on].concat(), lines(0..3, "t"));
    ended.assert_code(0);
    let ended = run(&[&listen[..], &["--count", "3"]].concat());
    ended.assert_code(0);
    assert_eq!(ended.text(), lines(0..3, "t"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_that_does_not_exist_is_not_created() {
    let Some(url) = rabbitmq_url() else { return };
    let on = ["--exchange", "cli-missing"];
    for arguments in [
        &["send", &url, "--type", "t", "--source", "/s"] as &[&str],
        &["listen", &url],
        &["listen", &url, "--durable", "audit"],
        &["letters", "list", &url, "--service", "billing"],
    ] {
        let ended = run(&[arguments, &on].concat());
        ended.assert_code(3);
        ended.assert_says(&["cli-missing", "does not exist"]);
    }
}
