//! The promises of every transport.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use eventkit::BoxError;
use eventkit::transport::{BoxFuture, Transport};
use eventkit_rabbitmq::RabbitMq;
use eventkit_tests::rabbitmq::{Server, VARIABLE};
use eventkit_transport_tests::{Check, Fixture};

type Node = Option<Mutex<Server>>;

struct OnRabbitMq {
    node: Arc<Node>,
    /// Whether no other test uses the node.
    is_alone: bool,
}

impl OnRabbitMq {
    /// Uses the node of the tests that run at the same time, since one takes seconds to start.
    fn shared() -> Self {
        static SHARED: Mutex<Weak<Node>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let node = shared.upgrade().unwrap_or_else(start);
        *shared = Arc::downgrade(&node);
        let is_alone = false;
        Self { node, is_alone }
    }

    fn alone() -> Self {
        let (node, is_alone) = (start(), true);
        Self { node, is_alone }
    }
}

fn start() -> Arc<Node> {
    Arc::new(Server::start().map(Mutex::new))
}

impl Fixture for OnRabbitMq {
    fn skip_reason(&self) -> Option<String> {
        let is_off = self.node.is_none();
        is_off.then(|| format!("{VARIABLE} is off"))
    }

    fn open(&self) -> BoxFuture<'_, Result<Box<dyn Transport>, BoxError>> {
        Box::pin(async {
            let server = self.node.as_ref().as_ref().ok_or("there is no server")?;
            let url = server.lock().map_err(|_| "a test has panicked")?.url();
            let rabbitmq = RabbitMq::connect(url).exchange("shop").open().await?;
            Ok(Box::new(rabbitmq) as Box<dyn Transport>)
        })
    }

    fn detects_duplicates(&self) -> bool {
        false
    }

    fn timeout(&self) -> Duration {
        Duration::from_mins(1)
    }

    fn restart(&self) -> Option<BoxFuture<'_, Result<(), BoxError>>> {
        if !self.is_alone {
            return None;
        }
        Some(Box::pin(async {
            // The broker has no answer for an acknowledgement, and writes it a moment later. For longer,
            // RabbitMQ 3.10 loses the first stream that was ever declared if it is killed.
            tokio::time::sleep(Duration::from_secs(7)).await;
            let server = self.node.as_ref().as_ref().ok_or("there is no server")?;
            let mut server = server.lock().map_err(|_| "a test has panicked")?;
            server.kill();
            server.restart();
            Ok(())
        }))
    }
}

eventkit_transport_tests::transport_tests! {
    #[tokio::test]
    OnRabbitMq::shared()
}

#[tokio::test]
async fn everything_is_kept_when_the_broker_restarts() {
    let fixture = OnRabbitMq::alone();
    for name in [
        "keeps_everything_across_a_restart",
        "keeps_records_of_deliveries",
    ] {
        let check = Check::find(name).expect("a check");
        check.run(&fixture).await.assert_passed();
    }
}
