//! The promises of every transport.

use std::sync::Arc;
use std::time::Duration;

use eventkit::BoxError;
use eventkit::transport::{BoxFuture, Transport};
use eventkit_rabbitmq::RabbitMq;
use eventkit_tests::rabbitmq::VARIABLE;
use eventkit_transport_tests::{Check, Fixture};

use crate::node::Node;

struct OnRabbitMq {
    node: Arc<Node>,
    /// Whether no other test uses the node.
    is_alone: bool,
}

impl OnRabbitMq {
    fn shared() -> Self {
        let (node, is_alone) = (Node::shared(), false);
        Self { node, is_alone }
    }

    fn alone() -> Self {
        let (node, is_alone) = (Node::alone(), true);
        Self { node, is_alone }
    }
}

impl Fixture for OnRabbitMq {
    fn skip_reason(&self) -> Option<String> {
        let is_off = self.node.url().is_none();
        is_off.then(|| format!("{VARIABLE} is off"))
    }

    fn open(&self) -> BoxFuture<'_, Result<Box<dyn Transport>, BoxError>> {
        Box::pin(async {
            let url = self.node.url().ok_or("there is no server")?;
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
            // The broker does not confirm acknowledgements, and writes them a moment later. RabbitMQ 3.10 may
            // lose the first stream that was ever declared if it is killed within seconds.
            tokio::time::sleep(Duration::from_secs(7)).await;
            let mut server = self.node.server().ok_or("there is no server")?;
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
