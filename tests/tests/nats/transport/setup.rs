//! Creation and checks of streams and consumers.

use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};
use eventkit::transport::{Subscription, Transport, TransportErrorKind};
use eventkit_nats::{Nats, Storage};
use eventkit_tests::nats::Server;
use tokio::time::timeout;

use super::{assert_says, event, next, on, plain, subscription};

use TransportErrorKind::{Configuration, Unavailable};

#[tokio::test]
async fn a_missing_stream_is_created_with_safe_settings() {
    let Some(server) = Server::start() else {
        return;
    };
    on(&server).stream("shop").open().await.unwrap();

    let mut stream = plain(&server).await.get_stream("shop").await.unwrap();
    let config = &stream.info().await.unwrap().config;
    assert_eq!(config.subjects, ["shop.>"]);
    assert_eq!(config.storage, StorageType::File);
    assert_eq!(config.retention, RetentionPolicy::Limits);
    assert_eq!(config.discard, DiscardPolicy::New);
    assert_eq!(config.duplicate_window, Duration::from_mins(2));
    assert_eq!((config.max_age, config.max_bytes), (Duration::ZERO, -1));
    assert!(!config.no_ack);
    // The second time, the existing stream is used.
    on(&server).stream("shop").open().await.unwrap();
}

#[tokio::test]
async fn every_setting_of_the_stream_can_be_set() {
    let Some(server) = Server::start() else {
        return;
    };
    let open = || {
        on(&server)
            .stream("shop")
            .subject_prefix("acme.shop")
            .storage(Storage::Memory)
            .duplicate_window(Duration::from_secs(10))
            .max_age(Duration::from_hours(1))
            .max_bytes(1_000_000)
            .replicas(1)
            .open()
    };
    let nats = open().await.unwrap();
    nats.publish(&event("t", "1").build().unwrap())
        .await
        .unwrap();

    let mut stream = plain(&server).await.get_stream("shop").await.unwrap();
    let info = stream.info().await.unwrap();
    assert_eq!(info.config.subjects, ["acme.shop.>"]);
    assert_eq!(info.config.storage, StorageType::Memory);
    assert_eq!(info.config.duplicate_window, Duration::from_secs(10));
    assert_eq!(info.config.max_age, Duration::from_hours(1));
    assert_eq!(info.config.max_bytes, 1_000_000);
    assert_eq!(info.state.messages, 1);
    open().await.unwrap();
}

#[tokio::test]
async fn a_mismatched_stream_is_refused_with_all_differences() {
    let Some(server) = Server::start() else {
        return;
    };
    let config = Config {
        name: "events".to_owned(),
        subjects: vec!["other.>".to_owned(), "events.a".to_owned()],
        storage: StorageType::Memory,
        retention: RetentionPolicy::WorkQueue,
        duplicate_window: Duration::from_secs(10),
        no_ack: true,
        max_age: Duration::from_secs(30),
        max_bytes: 5_000,
        max_messages: 10,
        max_messages_per_subject: 3,
        ..Config::default()
    };
    plain(&server).await.create_stream(config).await.unwrap();

    let open = on(&server).max_age(Duration::from_mins(1)).max_bytes(6_000);
    let error = open.replicas(3).open().await.unwrap_err();
    assert_says(
        &error,
        Configuration,
        &[
            "the stream `events`",
            r#"`subjects` is ["other.>", "events.a"], expected ["events.>"] or more"#,
            "`storage` is memory, expected file",
            "`retention` is workqueue, expected limits",
            "`duplicate_window` is 10s, expected 120s or more",
            "`no_ack` is true, expected false",
            "`num_replicas` is 1, expected 3 or more",
            "`max_age` is 30s, expected 60s or more",
            "`max_bytes` is 5000, expected 6000 or more",
            "`discard` is old with `max_msgs` 10, expected new or no limit",
            "`discard` is old with `max_bytes` 5000, expected new or no limit",
            "`max_msgs_per_subject` is 3, expected none",
        ],
    );
}

#[tokio::test]
async fn a_matching_stream_of_an_operator_is_used_unchanged() {
    let Some(server) = Server::start() else {
        return;
    };
    let config = Config {
        name: "company".to_owned(),
        subjects: vec!["company.>".to_owned(), "legacy.>".to_owned()],
        duplicate_window: Duration::from_mins(10),
        max_age: Duration::from_hours(24),
        discard: DiscardPolicy::Old,
        description: Some("kept".to_owned()),
        ..Config::default()
    };
    let made = plain(&server).await.create_stream(config).await.unwrap();

    let nats = on(&server).stream("company").subject_prefix("company.shop");
    let nats = nats.max_age(Duration::from_hours(12)).open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("*")).await.unwrap();
    nats.publish(&event("a", "1").build().unwrap())
        .await
        .unwrap();
    next(&mut *consumer).await.handle.ack().await.unwrap();

    let stream = plain(&server).await.get_stream("company").await.unwrap();
    assert_eq!(stream.cached_info().config, made.cached_info().config);
}

#[tokio::test]
async fn a_subscription_is_a_durable_consumer() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).max_ack_pending(500).open().await.unwrap();
    let consumer = nats.subscribe(&subscription("a.*.c")).await.unwrap();
    drop(consumer);

    let stream = plain(&server).await.get_stream("events").await.unwrap();
    let info = stream.consumer_info("handler").await.unwrap();
    assert_eq!(info.config.durable_name.as_deref(), Some("handler"));
    assert_eq!(info.config.ack_policy, AckPolicy::Explicit);
    assert_eq!(info.config.deliver_policy, DeliverPolicy::All);
    assert_eq!(info.config.ack_wait, Duration::from_secs(1));
    assert_eq!(info.config.max_deliver, -1);
    assert_eq!(info.config.max_ack_pending, 500);
    assert_eq!(info.config.filter_subject, "events.a.*.c");
}

#[tokio::test]
async fn a_mismatched_consumer_is_refused_with_all_differences() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let config = pull::Config {
        durable_name: Some("handler".to_owned()),
        ack_policy: AckPolicy::All,
        ack_wait: Duration::from_secs(7),
        max_deliver: 5,
        max_ack_pending: 10,
        max_batch: 10,
        max_expires: Duration::from_secs(1),
        inactive_threshold: Duration::from_hours(1),
        memory_storage: true,
        filter_subject: "events.b".to_owned(),
        headers_only: true,
        ..pull::Config::default()
    };
    let stream = plain(&server).await.get_stream("events").await.unwrap();
    stream.create_consumer(config).await.unwrap();

    let error = nats.subscribe(&subscription("a")).await.unwrap_err();
    assert_says(
        &error,
        Configuration,
        &[
            "the consumer `handler` of the stream `events`",
            "`ack_policy` is all, expected explicit",
            "`max_deliver` is 5, expected -1",
            "`headers_only` is true, expected false",
            "`max_batch` is 10, expected 256 or more",
            "`max_expires` is 1s, expected 3s or more",
            "`inactive_threshold` is 3600s, expected none",
            "`mem_storage` is true, expected false",
        ],
    );
}

#[tokio::test]
async fn a_push_consumer_is_refused() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let config = async_nats::jetstream::consumer::push::Config {
        durable_name: Some("handler".to_owned()),
        deliver_subject: "somewhere".to_owned(),
        ..Default::default()
    };
    let stream = plain(&server).await.get_stream("events").await.unwrap();
    stream.create_consumer(config).await.unwrap();

    let error = nats.subscribe(&subscription("*")).await.unwrap_err();
    assert_says(&error, Configuration, &["`deliver_subject` is somewhere"]);
}

#[tokio::test]
async fn a_changed_subscription_updates_its_consumer_which_continues() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("a.*")).await.unwrap();
    for (ty, id) in [("a.b", "1"), ("a.c", "2")] {
        nats.publish(&event(ty, id).build().unwrap()).await.unwrap();
    }
    next(&mut *consumer).await.handle.ack().await.unwrap();
    drop(consumer);

    let mut changed = subscription("a.*");
    changed.ack_wait = Duration::from_secs(2);
    let mut consumer = nats.subscribe(&changed).await.unwrap();
    let incoming = next(&mut *consumer).await;
    assert_eq!(incoming.event.unwrap().id(), "2");
    incoming.handle.ack().await.unwrap();

    let stream = plain(&server).await.get_stream("events").await.unwrap();
    let info = stream.consumer_info("handler").await.unwrap();
    assert_eq!(info.config.ack_wait, Duration::from_secs(2));
}

#[tokio::test]
async fn changed_patterns_update_the_filters() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    drop(nats.subscribe(&subscription("a.b")).await.unwrap());
    let mut changed = subscription("a.*");
    changed.patterns.push("c".to_owned());
    if !server.is_at_least(2, 10) {
        let error = nats.subscribe(&changed).await.unwrap_err();
        assert_says(&error, Configuration, &["before 2.10", "`filter_subjects`"]);
        // A subscription that could not be opened supersedes nothing.
        let status = nats.subscription_status(&subscription("a.b"));
        assert!(!status.superseded, "{status:?}");
        return;
    }
    let mut consumer = nats.subscribe(&changed).await.unwrap();
    for (ty, id) in [("a.b", "1"), ("a.c", "2"), ("b", "3"), ("c", "4")] {
        nats.publish(&event(ty, id).build().unwrap()).await.unwrap();
    }
    for id in ["1", "2", "4"] {
        let incoming = next(&mut *consumer).await;
        assert_eq!(incoming.event.unwrap().id(), id);
        incoming.handle.ack().await.unwrap();
    }
}

#[tokio::test]
async fn messages_that_no_pattern_selects_are_acknowledged_unseen() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    // No server version supports these two patterns as filters.
    let mut crossing = subscription("a.*.c");
    crossing.patterns.push("a.b.*".to_owned());
    let mut consumer = nats.subscribe(&crossing).await.unwrap();
    for number in 0..300 {
        let ty = ["a.b.c", "a.x.y"][number % 2];
        let event = event(ty, &number.to_string()).build().unwrap();
        nats.publish(&event).await.unwrap();
    }
    for number in 0..150 {
        let incoming = next(&mut *consumer).await;
        assert_eq!(incoming.event.unwrap().id(), (number * 2).to_string());
        incoming.handle.ack().await.unwrap();
    }
    let stream = plain(&server).await.get_stream("events").await.unwrap();
    // The last skipped message is after the last delivered one.
    let settled = tokio::time::timeout(super::PATIENCE, async {
        loop {
            let waiting = tokio::time::timeout(Duration::from_millis(50), consumer.next()).await;
            assert!(waiting.is_err(), "no other message should arrive");
            let info = stream.consumer_info("handler").await.unwrap();
            if info.ack_floor.stream_sequence == 300 {
                return info;
            }
        }
    });
    let info = settled.await.expect("all messages should be settled");
    assert_eq!((info.num_ack_pending, info.num_pending), (0, 0));
}

#[tokio::test]
async fn invalid_names_and_patterns_are_refused() {
    let Some(server) = Server::start() else {
        return;
    };
    for name in ["", "a.b", "a b", "a*", "é"] {
        let error = on(&server).stream(name).open().await.unwrap_err();
        assert_says(&error, Configuration, &["stream", "letters"]);
    }
    for prefix in ["", ".", "a..b", "a.*", ">", "a b"] {
        let error = on(&server).subject_prefix(prefix).open().await.unwrap_err();
        assert_says(&error, Configuration, &["prefix", "single dots"]);
    }
    let nats = on(&server).open().await.unwrap();
    let none: [&str; 0] = [];
    let mut nothing_in_flight = subscription("a");
    nothing_in_flight.max_in_flight = 0;
    for (subscription, part) in [
        (Subscription::new("a.b", ["a"]), "subscription `a.b`"),
        (Subscription::new("", ["a"]), "subscription ``"),
        (Subscription::new("a", none), "no pattern"),
        (Subscription::new("a", [""]), "must not be empty"),
        (Subscription::new("a", ["a*"]), "`a*`"),
        (nothing_in_flight, "0 messages in flight"),
    ] {
        let error = nats.subscribe(&subscription).await.unwrap_err();
        assert_says(&error, Configuration, &[part]);
    }
}

#[tokio::test]
async fn an_unreachable_server_is_unavailable() {
    let Some(mut server) = Server::start() else {
        return;
    };
    server.kill();
    let error = on(&server).open().await.unwrap_err();
    assert_says(&error, Unavailable, &["connect to the NATS server"]);

    let error = Nats::connect("not a url").open().await.unwrap_err();
    assert_says(&error, Configuration, &["URL"]);
}

#[tokio::test]
async fn an_existing_client_and_several_urls_are_supported() {
    let Some(server) = Server::start() else {
        return;
    };
    let client = async_nats::connect(server.url()).await.unwrap();
    let nats = Nats::from_client(client).open().await.unwrap();
    nats.publish(&event("a", "1").build().unwrap())
        .await
        .unwrap();
    assert_eq!(nats.name(), "nats");
    assert_eq!(
        format!("{nats:?}"),
        r#"Nats { stream: "events", subjects: events.>, .. }"#
    );

    let urls = format!("nats://127.0.0.1:1, {}", server.url());
    let nats = Nats::connect(urls).open().await.unwrap();
    let published = nats.publish(&event("a", "1").build().unwrap()).await;
    assert!(published.unwrap().duplicate);
}

/// Returns the URL of a server with credentials.
fn url_with(credentials: &str, server: &Server) -> String {
    server
        .url()
        .replace("nats://", &format!("nats://{credentials}@"))
}

#[tokio::test]
async fn credentials_in_a_url_are_used_for_the_connection() {
    for (arguments, right, wrong) in [
        (
            &["--user", "ann", "--pass", "p:@ss/w%"][..],
            "ann:p%3A%40ss%2Fw%25",
            "ann:other",
        ),
        (&["--auth", "t0/ken"], "t0%2Fken", "other"),
    ] {
        let Some(server) = Server::start_with(arguments) else {
            return;
        };
        let builder = Nats::connect(url_with(right, &server));
        assert!(!format!("{builder:?}").contains(right), "{builder:?}");
        let opened = builder.open().await;
        let nats = opened.unwrap_or_else(|error| panic!("{arguments:?}: {error:?}"));
        nats.publish(&event("t", "1").build().unwrap())
            .await
            .unwrap();
        for url in [server.url(), url_with(wrong, &server)] {
            let refused = Nats::connect(url).open().await.unwrap_err();
            assert_eq!(refused.kind(), TransportErrorKind::Configuration);
            assert!(!format!("{refused:?}").contains("other@"), "{refused:?}");
        }
        let both = format!("{},{}", url_with(right, &server), url_with(wrong, &server));
        let refused = Nats::connect(both).open().await.unwrap_err();
        assert!(refused.to_string().contains("different"), "{refused}");
    }
}

#[tokio::test]
async fn the_maximum_heartbeat_is_supported() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = Nats::connect(server.url()).idle_heartbeat(Duration::MAX);
    let nats = nats.open().await.unwrap();
    let mut consumer = nats
        .subscribe(&Subscription::new("s", ["t"]))
        .await
        .unwrap();
    nats.publish(&event("t", "1").build().unwrap())
        .await
        .unwrap();
    let incoming = consumer.next().await.unwrap().unwrap();
    incoming.handle.ack().await.unwrap();
    // The consumer makes another request, with nothing to receive.
    let idle = timeout(Duration::from_millis(600), consumer.next()).await;
    assert!(idle.is_err());
}
