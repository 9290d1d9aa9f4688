//! The broker of a row: a server or a cluster.

use std::time::Duration;

use eventkit::BoxError;
use eventkit_tests::{nats, rabbitmq};
use tokio::task::block_in_place;
use tokio::time::sleep;

use crate::broker_config::{BrokerConfig, BrokerKind};

/// The error of what needs a single server.
const SEVERAL: &str = "the cluster has several servers";

#[derive(Debug)]
pub(crate) enum Broker {
    Nats(nats::Server),
    Cluster(nats::Cluster),
    RabbitMq(rabbitmq::Server),
}

impl Broker {
    /// Starts servers, or returns `None` if tests with a broker are disabled.
    pub(crate) fn start(kind: BrokerKind, servers: usize) -> Option<Self> {
        block_in_place(|| match kind {
            BrokerKind::Nats if servers > 1 => nats::Cluster::start(servers).map(Self::Cluster),
            BrokerKind::Nats => nats::Server::start().map(Self::Nats),
            BrokerKind::RabbitMq => rabbitmq::Server::start().map(Self::RabbitMq),
        })
    }

    pub(crate) fn kind(&self) -> BrokerKind {
        match self {
            Self::Nats(_) | Self::Cluster(_) => BrokerKind::Nats,
            Self::RabbitMq(_) => BrokerKind::RabbitMq,
        }
    }

    fn url(&self) -> String {
        match self {
            Self::Nats(server) => server.url(),
            Self::Cluster(cluster) => cluster.url(),
            Self::RabbitMq(server) => server.url(),
        }
    }

    /// Returns the configuration of a client.
    pub(crate) fn config(&self) -> BrokerConfig {
        BrokerConfig {
            kind: self.kind(),
            url: self.url(),
            ..BrokerConfig::default()
        }
    }

    /// Returns the host and the port of a single server.
    pub(crate) fn address(&self) -> Result<String, BoxError> {
        match self {
            Self::Nats(server) => Ok(server.url().replace("nats://", "")),
            Self::RabbitMq(server) => Ok(format!("127.0.0.1:{}", server.port())),
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
            Self::Cluster(_) => return Err(SEVERAL.into()),
        }
        Ok(())
    }

    /// Starts a single server again that was killed.
    pub(crate) fn start_again(&mut self) -> Result<(), BoxError> {
        match self {
            Self::Nats(server) => block_in_place(|| server.restart()),
            Self::RabbitMq(server) => block_in_place(|| server.restart()),
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
            Self::Cluster(_) => return Err(SEVERAL.into()),
        }
        Ok(())
    }
}
