//! The broker of a row: a server or a cluster.

use std::sync::OnceLock;
use std::time::Duration;

use eventkit::BoxError;
use eventkit_tests::{nats, rabbitmq};
use tokio::task::block_in_place;
use tokio::time::sleep;

use crate::broker_config::{BrokerConfig, BrokerKind};
use crate::setup::Setup;

/// The error of what needs a single server.
const SEVERAL: &str = "the cluster has several servers";

/// The error of what needs a node that no other row uses.
const SHARED: &str = "the node belongs to other rows too";

#[derive(Debug)]
pub(crate) enum Broker {
    Nats(nats::Server),
    Cluster(nats::Cluster),
    RabbitMq(rabbitmq::Server),
    /// The node of all rows that do no harm to it, since one takes seconds to start.
    SharedRabbitMq(&'static rabbitmq::Server),
}

impl Broker {
    /// Starts servers, or returns `None` if tests with a broker are disabled.
    pub(crate) fn start(setup: &Setup) -> Option<Self> {
        match setup.broker {
            BrokerKind::RabbitMq if !setup.harms_broker => {
                static NODE: OnceLock<Option<rabbitmq::Server>> = OnceLock::new();
                let node = block_in_place(|| NODE.get_or_init(rabbitmq::Server::start));
                node.as_ref().map(Self::SharedRabbitMq)
            }
            kind => Self::start_alone(kind, setup.servers),
        }
    }

    /// Starts servers for one row alone.
    pub(crate) fn start_alone(kind: BrokerKind, servers: usize) -> Option<Self> {
        block_in_place(|| match kind {
            BrokerKind::Nats if servers > 1 => nats::Cluster::start(servers).map(Self::Cluster),
            BrokerKind::Nats => nats::Server::start().map(Self::Nats),
            BrokerKind::RabbitMq => rabbitmq::Server::start().map(Self::RabbitMq),
        })
    }

    pub(crate) fn kind(&self) -> BrokerKind {
        match self {
            Self::Nats(_) | Self::Cluster(_) => BrokerKind::Nats,
            Self::RabbitMq(_) | Self::SharedRabbitMq(_) => BrokerKind::RabbitMq,
        }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Nats(server) => server.url(),
            Self::Cluster(cluster) => cluster.url(),
            Self::RabbitMq(server) => server.url(),
            Self::SharedRabbitMq(server) => server.url(),
        }
    }

    /// Returns the configuration of a client, with the name of the stream or exchange.
    pub(crate) fn config(&self, place: &str) -> BrokerConfig {
        BrokerConfig {
            kind: self.kind(),
            url: self.url(),
            place: place.to_owned(),
            ..BrokerConfig::default()
        }
    }

    /// Returns the host and the port of a single server.
    pub(crate) fn address(&self) -> Result<String, BoxError> {
        match self {
            Self::Nats(server) => Ok(server.url().replace("nats://", "")),
            Self::RabbitMq(server) => Ok(format!("127.0.0.1:{}", server.port())),
            Self::SharedRabbitMq(server) => Ok(format!("127.0.0.1:{}", server.port())),
            Self::Cluster(_) => Err(SEVERAL.into()),
        }
    }

    /// Returns whether this is a NATS server before 2.10.
    pub(crate) fn is_old_nats(&self) -> bool {
        matches!(self, Self::Nats(server) if !server.is_at_least(2, 10))
    }

    /// Returns the server of a row on RabbitMQ.
    pub(crate) fn rabbitmq(&self) -> Result<&rabbitmq::Server, BoxError> {
        match self {
            Self::RabbitMq(server) => Ok(server),
            Self::SharedRabbitMq(server) => Ok(server),
            Self::Nats(_) | Self::Cluster(_) => Err("the row is not on RabbitMQ".into()),
        }
    }

    /// Waits until a broker that is in use can be killed.
    pub(crate) async fn settle(&self) {
        // RabbitMQ 3.10 loses the first stream of its life if it is killed within five seconds.
        if self.kind() == BrokerKind::RabbitMq {
            sleep(Duration::from_secs(7)).await;
        }
    }

    /// Kills a single server.
    pub(crate) fn kill(&mut self) -> Result<(), BoxError> {
        match self {
            Self::Nats(server) => block_in_place(|| server.kill()),
            Self::RabbitMq(server) => block_in_place(|| server.kill()),
            Self::SharedRabbitMq(_) => return Err(SHARED.into()),
            Self::Cluster(_) => return Err(SEVERAL.into()),
        }
        Ok(())
    }

    /// Starts a single server again that was killed.
    pub(crate) fn start_again(&mut self) -> Result<(), BoxError> {
        match self {
            Self::Nats(server) => block_in_place(|| server.restart()),
            Self::RabbitMq(server) => block_in_place(|| server.restart()),
            Self::SharedRabbitMq(_) => return Err(SHARED.into()),
            Self::Cluster(_) => return Err(SEVERAL.into()),
        }
        Ok(())
    }

    /// Kills a single server, and restarts it after a while.
    pub(crate) async fn restart(&mut self, down: Duration) -> Result<(), BoxError> {
        self.kill()?;
        sleep(down).await;
        self.start_again()
    }

    /// Kills a server of a cluster, and restarts it after a while.
    pub(crate) async fn restart_member(
        &mut self,
        name: &str,
        down: Duration,
    ) -> Result<(), BoxError> {
        let Self::Cluster(cluster) = self else {
            return Err("the row has no cluster".into());
        };
        let server = cluster.server_mut(name);
        let server = server.ok_or_else(|| format!("the cluster has no server {name:?}"))?;
        block_in_place(|| server.kill());
        sleep(down).await;
        block_in_place(|| server.restart());
        Ok(())
    }

    /// Suspends a single server for a while: its connections stay open.
    pub(crate) async fn freeze(&self, time: Duration) -> Result<(), BoxError> {
        match self {
            Self::Nats(server) => {
                server.freeze();
                sleep(time).await;
                server.thaw();
            }
            Self::RabbitMq(server) => {
                server.pause();
                sleep(time).await;
                server.resume();
            }
            Self::SharedRabbitMq(_) => return Err(SHARED.into()),
            Self::Cluster(_) => return Err(SEVERAL.into()),
        }
        Ok(())
    }
}
