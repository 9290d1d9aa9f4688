//! Settings that operators change on the server, before and while it is used.

use std::time::Duration;

use async_nats::jetstream::consumer::pull;
use async_nats::jetstream::stream::{Config, DiscardPolicy};
use eventkit::transport::{Transport, TransportErrorKind};
use eventkit_nats::Nats;
use eventkit_tests::nats::Server;
use tokio::time::{sleep, timeout};

use super::{PATIENCE, assert_says, event, lost, next, on, plain, subscription};

use TransportErrorKind::Configuration;

#[tokio::test]
async fn limits_that_delete_unhandled_events_are_refused() {
    let Some(server) = Server::start() else {
        return;
    };
    let context = plain(&server).await;
    let config = || Config {
        name: "events".to_owned(),
        subjects: vec!["events.>".to_owned()],
        ..Config::default()
    };
    let refused = [
        (
            Config {
                max_messages: 10,
                ..config()
            },
            "`discard` is old with `max_msgs` 10",
        ),
        (
            Config {
                max_bytes: 5_000,
                ..config()
            },
            "`discard` is old with `max_bytes` 5000",
        ),
        (
            Config {
                max_messages_per_subject: 3,
                ..config()
            },
            "`max_msgs_per_subject` is 3",
        ),
        (
            Config {
                max_messages_per_subject: 3,
                discard: DiscardPolicy::New,
                ..config()
            },
            "`max_msgs_per_subject` is 3",
        ),
        (
            Config {
                max_age: Duration::from_hours(1),
                ..config()
            },
            "`max_age` is 3600s, expected none (`NatsBuilder::max_age`)",
        ),
    ];
    for (config, part) in refused {
        context.create_stream(config).await.unwrap();
        let error = on(&server).open().await.unwrap_err();
        assert_says(&error, Configuration, &[part]);
        context.delete_stream("events").await.unwrap();
    }
    let harmless = [
        Config {
            max_messages: 10,
            max_bytes: 5_000,
            discard: DiscardPolicy::New,
            max_message_size: 4_000,
            allow_direct: true,
            deny_delete: true,
            ..config()
        },
        Config {
            max_messages_per_subject: 3,
            discard: DiscardPolicy::New,
            discard_new_per_subject: true,
            ..config()
        },
    ];
    for config in harmless {
        context.create_stream(config).await.unwrap();
        on(&server).open().await.unwrap();
        context.delete_stream("events").await.unwrap();
    }
}

#[tokio::test]
async fn a_full_stream_can_be_enlarged() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).max_bytes(20_000).open().await.unwrap();
    let body = "x".repeat(300);
    for number in 0.. {
        let event = event("a", &number.to_string()).data_text(&*body);
        if nats.publish(&event.build().unwrap()).await.is_err() {
            break;
        }
    }
    let subscription = subscription("a");
    let consumer = nats.subscribe(&subscription).await.unwrap();
    let status = nats.subscription_status(&subscription);
    assert!(
        status
            .warnings
            .iter()
            .any(|warning| warning.contains("`max_bytes`")),
        "{status:?}"
    );
    assert!(status.lag.is_some_and(|lag| lag > 0), "{status:?}");
    drop(consumer);

    let context = plain(&server).await;
    let stream = context.get_stream("events").await.unwrap();
    let mut config = stream.cached_info().config.clone();
    config.max_bytes = 40_000;
    context.update_stream(config).await.unwrap();
    nats.subscribe(&subscription).await.unwrap();
}

#[tokio::test]
async fn a_consumer_that_is_changed_while_it_runs_is_reported() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let stream = plain(&server).await.get_stream("events").await.unwrap();
    let mut consumer = nats.subscribe(&subscription("a")).await.unwrap();
    let info = stream.consumer_info("handler").await.unwrap();
    let config = pull::Config {
        durable_name: Some("handler".to_owned()),
        ack_wait: info.config.ack_wait,
        max_ack_pending: info.config.max_ack_pending,
        filter_subject: info.config.filter_subject,
        max_waiting: info.config.max_waiting,
        max_deliver: 2,
        ..pull::Config::default()
    };
    stream.create_consumer(config).await.unwrap();
    let error = lost(&mut *consumer).await;
    assert_says(&error, Configuration, &["`max_deliver` is 2, expected -1"]);
    let error = nats.subscribe(&subscription("a")).await.unwrap_err();
    assert_says(&error, Configuration, &["`max_deliver` is 2, expected -1"]);
}

#[tokio::test]
async fn a_stream_that_is_changed_while_it_is_used_is_reported() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let context = plain(&server).await;
    let mut consumer = nats.subscribe(&subscription("a")).await.unwrap();
    let stream = context.get_stream("events").await.unwrap();
    let mut config = stream.cached_info().config.clone();
    config.discard = DiscardPolicy::Old;
    config.max_messages = 100;
    context.update_stream(config).await.unwrap();
    let error = lost(&mut *consumer).await;
    assert_says(
        &error,
        Configuration,
        &["`discard` is old with `max_msgs` 100"],
    );
}

#[tokio::test]
async fn filters_that_are_changed_while_they_are_used_are_restored() {
    let Some(server) = Server::start() else {
        return;
    };
    if !server.is_at_least(2, 10) {
        return;
    }
    let nats = on(&server).open().await.unwrap();
    let stream = plain(&server).await.get_stream("events").await.unwrap();
    let mut consumer = nats.subscribe(&subscription("a")).await.unwrap();
    let info = stream.consumer_info("handler").await.unwrap();
    let config = pull::Config {
        durable_name: Some("handler".to_owned()),
        ack_wait: info.config.ack_wait,
        max_ack_pending: info.config.max_ack_pending,
        max_waiting: info.config.max_waiting,
        filter_subject: "events.b".to_owned(),
        ..pull::Config::default()
    };
    stream.create_consumer(config).await.unwrap();
    let restored = timeout(PATIENCE, async {
        loop {
            let info = stream.consumer_info("handler").await.unwrap();
            if info.config.filter_subject == "events.a" {
                return;
            }
            // A new filter ends the pending requests of the consumer.
            let _ = timeout(Duration::from_millis(20), consumer.next()).await;
        }
    });
    restored.await.expect("the filter should be restored");
}

#[tokio::test]
async fn the_state_of_running_processes_is_restored_if_it_is_deleted() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let mut renamed = subscription("a");
    drop(nats.subscribe(&renamed).await.unwrap());
    renamed.formerly = vec![renamed.name.clone()];
    renamed.name = "receipts".to_owned();
    let _consumer = nats.subscribe(&renamed).await.unwrap();
    let state = plain(&server)
        .await
        .get_stream("eventkit-events")
        .await
        .unwrap();
    state.purge().await.unwrap();
    let restored = timeout(PATIENCE, async {
        for key in ["selection.handler", "alias.receipts"] {
            let subject = format!("eventkit-events.{key}");
            while state
                .get_last_raw_message_by_subject(&subject)
                .await
                .is_err()
            {
                sleep(Duration::from_millis(20)).await;
            }
        }
    });
    restored.await.expect("both records should be restored");
}

#[tokio::test]
async fn streams_and_consumers_of_the_transport_cause_no_warning() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server)
        .max_age(Duration::from_hours(1))
        .open()
        .await
        .unwrap();
    let mut subscription = subscription("a");
    subscription.patterns.push("b".to_owned());
    let _consumer = nats.subscribe(&subscription).await.unwrap();
    let again = on(&server)
        .max_age(Duration::from_hours(1))
        .open()
        .await
        .unwrap();
    let _consumer = again.subscribe(&subscription).await.unwrap();
    let status = again.subscription_status(&subscription);
    assert_eq!((status.lag, status.superseded), (Some(0), false));
    assert!(status.warnings.is_empty(), "{status:?}");
}

#[tokio::test]
async fn a_paused_consumer_causes_a_warning() {
    let Some(server) = Server::start() else {
        return;
    };
    if !server.is_at_least(2, 11) {
        return;
    }
    let nats = on(&server).open().await.unwrap();
    let _consumer = nats.subscribe(&subscription("a")).await.unwrap();
    let client = async_nats::connect(server.url()).await.unwrap();
    let pause = r#"{"pause_until":"2999-01-01T00:00:00Z"}"#;
    let call = "$JS.API.CONSUMER.PAUSE.events.handler";
    client.request(call, pause.into()).await.unwrap();
    let warned = timeout(PATIENCE, async {
        loop {
            let status = nats.subscription_status(&subscription("a"));
            if status
                .warnings
                .iter()
                .any(|warning| warning.contains("paused"))
            {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    });
    warned.await.expect("the status should have the warning");
}

#[tokio::test]
async fn unhandled_events_that_expire_soon_cause_a_warning() {
    let Some(server) = Server::start() else {
        return;
    };
    let max_age = Duration::from_secs(10);
    let too_long = on(&server).max_age(max_age).open().await.unwrap_err();
    assert_says(&too_long, Configuration, &["duplicates window"]);
    let nats = on(&server).max_age(max_age).duplicate_window(max_age);
    let nats = nats.open().await.unwrap();
    nats.publish(&event("a", "1").build().unwrap())
        .await
        .unwrap();
    sleep(max_age / 20 * 17).await;
    nats.publish(&event("a", "2").build().unwrap())
        .await
        .unwrap();
    let _consumer = nats.subscribe(&subscription("a")).await.unwrap();
    let status = nats.subscription_status(&subscription("a"));
    assert!(
        status
            .warnings
            .iter()
            .any(|warning| warning.contains("`max_age`")),
        "{status:?}"
    );
}

/// The permissions in the guide.
const PERMISSIONS: &str = r#"
authorization { users: [
    { user: publisher, password: p, permissions: {
        publish: ["shop.>", "$JS.API.STREAM.INFO.shop", "$JS.API.STREAM.CREATE.shop"]
        subscribe: ["_INBOX.>"]
    } }
    { user: service, password: s, permissions: {
        publish: [
            "shop.>", "$JS.API.STREAM.INFO.shop", "$JS.API.STREAM.CREATE.shop"
            "$JS.API.CONSUMER.*.shop.>", "$JS.API.CONSUMER.MSG.NEXT.shop.>"
            "$JS.API.STREAM.MSG.GET.shop", "$JS.ACK.>"
            "eventkit-shop.>", "$JS.API.STREAM.*.eventkit-shop", "$JS.API.STREAM.MSG.*.eventkit-shop"
        ]
        subscribe: ["_INBOX.>"]
    } }
] }
"#;

#[tokio::test]
async fn the_permissions_of_the_guide_suffice() {
    let name = format!("eventkit-permissions-{}", std::process::id());
    let config = std::env::temp_dir().join(name);
    std::fs::write(&config, PERMISSIONS).unwrap();
    let path = config.to_str().unwrap();
    let Some(server) = Server::start_with(&["--config", path]) else {
        return;
    };
    std::fs::remove_file(&config).unwrap();
    let open = async |user: &str| {
        let url = server.url().replace("nats://", &format!("nats://{user}@"));
        let nats = Nats::connect(url)
            .stream("shop")
            .max_age(Duration::from_hours(1));
        nats.open().await.unwrap()
    };
    let publisher = open("publisher:p").await;
    for id in ["1", "2"] {
        publisher
            .publish(&event("a", id).build().unwrap())
            .await
            .unwrap();
    }
    let service = open("service:s").await;
    let mut subscription = subscription("a");
    for patterns in [&["a"][..], &["a", "b"]] {
        // Before server 2.10, both have the same filter.
        subscription.patterns = patterns.iter().map(ToString::to_string).collect();
        subscription
            .patterns
            .extend(["c".to_owned(), "d".to_owned()]);
        let mut consumer = service.subscribe(&subscription).await.unwrap();
        let incoming = next(&mut *consumer).await;
        incoming.handle.in_progress().await.unwrap();
        let record = incoming.handle.load_record().await.unwrap();
        incoming.handle.store_record(record).await.unwrap();
        incoming.handle.ack().await.unwrap();
        consumer.close().await.unwrap();
    }
    // The server does not respond, so the error names the permission that may be missing.
    let error = publisher.subscribe(&subscription).await.unwrap_err();
    let subject = "`$JS.API.STREAM.INFO.eventkit-shop`";
    assert_says(
        &error,
        TransportErrorKind::Unavailable,
        &["permits the user to publish to", subject],
    );
}
