//! What operators set on the server, before and while it is used.

use std::time::Duration;

use async_nats::jetstream::consumer::pull;
use async_nats::jetstream::stream::{Config, DiscardPolicy};
use eventkit::transport::{Transport, TransportErrorKind};
use eventkit_tests::nats::Server;
use tokio::time::{sleep, timeout};

use super::{PATIENCE, assert_says, event, lost, on, plain, subscription};

use TransportErrorKind::Configuration;

#[tokio::test]
async fn limits_at_which_a_stream_deletes_unhandled_events_are_refused() {
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
async fn a_full_stream_that_is_enlarged_is_used_on() {
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
async fn a_consumer_that_is_changed_while_it_runs_says_so() {
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
async fn a_stream_that_is_changed_while_it_is_used_says_so() {
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
async fn filters_that_are_changed_while_they_are_used_are_set_again() {
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
            // A new filter ends the requests of the consumer.
            let _ = timeout(Duration::from_millis(20), consumer.next()).await;
        }
    });
    restored
        .await
        .expect("the filter is that of the subscription");
}

#[tokio::test]
async fn the_record_of_the_selection_is_restored_if_it_is_deleted() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let _consumer = nats.subscribe(&subscription("a")).await.unwrap();
    let state = plain(&server)
        .await
        .get_stream("eventkit-events")
        .await
        .unwrap();
    state.purge().await.unwrap();
    let restored = timeout(PATIENCE, async {
        let subject = "eventkit-events.selection.handler";
        while state
            .get_last_raw_message_by_subject(subject)
            .await
            .is_err()
        {
            sleep(Duration::from_millis(20)).await;
        }
    });
    restored.await.expect("it is there again");
}
