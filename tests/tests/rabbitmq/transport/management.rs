//! Policies and bindings of operators, compared by the management API.

use std::sync::OnceLock;
use std::time::Duration;

use eventkit::transport::{Subscription, Transport, TransportError, TransportErrorKind};
use eventkit_rabbitmq::{RabbitMq, RabbitMqBuilder};
use eventkit_tests::rabbitmq::{Extras, Server};
use lapin::options::QueueBindOptions;
use lapin::types::FieldTable;
use tokio::time::{sleep, timeout};

use super::{PATIENCE, assert_says, channel, event, id, next, subscribe};

use TransportErrorKind::{Configuration, Unavailable};

/// A broker with the management plugin.
struct Broker(Server);

impl Broker {
    /// Returns the broker that tests share with an exchange each, since one takes seconds to start.
    fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Broker>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    fn start() -> Option<Self> {
        let settings = "management.tcp.port = {port}\n\
                        management.tcp.ip = 127.0.0.1\n\
                        collect_statistics_interval = 500\n";
        let extras = Extras {
            settings: settings.to_owned(),
            plugins: "rabbitmq_management",
        };
        Server::start_with(extras).map(Self)
    }

    fn transport(&self, exchange: &str) -> RabbitMqBuilder {
        let url = format!("http://127.0.0.1:{}", self.0.extra_port());
        RabbitMq::connect(self.0.url())
            .exchange(exchange)
            .management(url)
    }

    fn control(&self, arguments: &[&str]) {
        let _ = self.0.control(arguments);
    }
}

/// Repeats something until it is refused: statistics are a few seconds old.
async fn refused<T>(mut act: impl AsyncFnMut() -> Result<T, TransportError>) -> TransportError {
    let refused = timeout(PATIENCE, async {
        loop {
            match act().await {
                Ok(_) => sleep(Duration::from_millis(200)).await,
                Err(error) => break error,
            }
        }
    });
    refused.await.expect("it is refused")
}

/// Repeats something until it is taken again.
async fn taken<T>(mut act: impl AsyncFnMut() -> Result<T, TransportError>) -> T {
    let taken = timeout(PATIENCE, async {
        loop {
            match act().await {
                Ok(done) => break done,
                Err(_) => sleep(Duration::from_millis(200)).await,
            }
        }
    });
    taken.await.expect("it is taken")
}

#[tokio::test]
async fn policies_that_delete_unhandled_events_are_refused_by_name() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let rabbitmq = broker.transport("shop").open().await.unwrap();
    let subscription = Subscription::new("s", ["t"]);
    drop(subscribe(&rabbitmq, &subscription).await);
    let subscribing = async || rabbitmq.subscribe(&subscription).await.map(drop);

    let definition = r#"{"message-ttl": 5000, "dead-letter-exchange": "x"}"#;
    broker.control(&["set_policy", "short", r"^shop\.s$", definition]);
    let expected =
        ["the queue `shop.s` with the policy `short`: `message-ttl` is 5000, expected none"];
    assert_says(&refused(subscribing).await, Configuration, &expected);
    broker.control(&["clear_policy", "short"]);
    let definition = r#"{"max-length": 10}"#;
    broker.control(&["set_operator_policy", "few", r"^shop\.s$", definition]);
    let error = timeout(PATIENCE, async {
        loop {
            let error = refused(subscribing).await;
            if !error.to_string().contains("message-ttl") {
                break error;
            }
            sleep(Duration::from_millis(200)).await;
        }
    });
    let expected = ["with the operator policy `few`: `max-length` is 10, expected none"];
    assert_says(&error.await.unwrap(), Configuration, &expected);
    broker.control(&["clear_operator_policy", "few"]);
    taken(subscribing).await;

    let definition = r#"{"alternate-exchange": "amq.fanout"}"#;
    broker.control(&["set_policy", "all", r"^shop\.eventkit$", definition]);
    let opening = async || broker.transport("shop").open().await;
    let expected = ["the exchange `shop.eventkit` with the policy `all`: `alternate-exchange`"];
    assert_says(&refused(opening).await, Configuration, &expected);
    broker.control(&[
        "set_policy",
        "all",
        r"^shop\..*\.state$",
        r#"{"max-age": "1h"}"#,
    ]);
    let expected = ["the queue `shop.eventkit.state` with the policy `all`: `max-age` is 1h"];
    assert_says(&refused(opening).await, Configuration, &expected);
    broker.control(&["clear_policy", "all"]);
    taken(opening).await;
}

#[tokio::test]
async fn changes_of_operators_are_found_while_a_subscription_is_open() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let rabbitmq = broker.transport("depot").open().await.unwrap();
    let subscription = Subscription::new("s", ["t"]);
    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    let (_connection, channel) = channel(&broker.0.url()).await;
    let empty = FieldTable::default;
    let unbinding = channel.queue_unbind("depot.s".into(), "depot".into(), "t".into(), empty());
    unbinding.await.unwrap();
    let options = QueueBindOptions::default();
    let binding = channel.queue_bind(
        "depot.s".into(),
        "amq.topic".into(),
        "others".into(),
        options,
        empty(),
    );
    binding.await.unwrap();
    let definition = r#"{"expires": 3600000}"#;
    broker.control(&["set_policy", "gone", r"^depot\.s$", definition]);

    // The API is asked every 30 seconds.
    let lost = timeout(2 * PATIENCE, consumer.next()).await;
    let lost = lost.expect("an error");
    let expected = ["the queue `depot.s` with the policy `gone`: `expires` is 3600000"];
    assert_says(&lost.map(drop).unwrap_err(), Configuration, &expected);
    let warnings = rabbitmq.subscription_status(&subscription).warnings;
    let warnings = warnings.join("; ");
    for expected in [
        "bindings of the queue `depot.s` were removed and are restored: `t`",
        "of the exchange `amq.topic` with the key `others`",
    ] {
        assert!(warnings.contains(expected), "{warnings}");
    }
    drop(consumer);
    broker.control(&["clear_policy", "gone"]);
    let mut consumer = taken(async || rabbitmq.subscribe(&subscription).await).await;
    let event = event("t", "1").build().unwrap();
    assert!(!rabbitmq.publish(&event).await.unwrap().unrouted);
    let incoming = next(&mut *consumer).await;
    assert_eq!(id(&incoming), "1");
    incoming.handle.ack().await.unwrap();
}

#[tokio::test]
async fn an_api_that_does_not_answer_is_an_error_at_first_and_a_warning_later() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let absent = broker.transport("shop").management("http://127.0.0.1:1");
    let error = absent.open().await.map(drop).unwrap_err();
    assert_says(&error, Unavailable, &["the management API"]);
    let port = broker.0.extra_port();
    let stranger = format!("http://ann:s3cret@127.0.0.1:{port}");
    let stranger = broker.transport("shop").management(stranger);
    let error = stranger.open().await.map(drop).unwrap_err();
    assert_says(
        &error,
        Configuration,
        &["refuses the user `ann`", "`management`"],
    );
    let other = format!("http://127.0.0.1:{port}/other");
    let other = broker.transport("shop").management(other);
    let error = other.open().await.map(drop).unwrap_err();
    assert_says(&error, Configuration, &["/other/api/overview"]);

    let rabbitmq = broker.transport("shop").open().await.unwrap();
    broker.control(&["eval", "application:stop(rabbitmq_management)."]);
    let subscription = Subscription::new("s", ["t"]);
    // What was found a moment ago counts for a few seconds.
    let warned = timeout(PATIENCE, async {
        loop {
            drop(subscribe(&rabbitmq, &subscription).await);
            let warnings = rabbitmq.subscription_status(&subscription).warnings;
            if warnings.join("; ").contains("are not compared") {
                break;
            }
            sleep(Duration::from_millis(200)).await;
        }
    });
    warned.await.expect("a warning");
}
