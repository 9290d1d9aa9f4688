//! The broker of a row: a server or a cluster.

use eventkit::BoxError;

use eventkit_tests::nats::{Cluster, Server};
use tokio::task::block_in_place;

#[derive(Debug)]
pub(crate) enum Broker {
    Server(Server),
    Cluster(Cluster),
}

impl Broker {
    /// Starts servers, or returns `None` if tests with a broker are disabled.
    pub(crate) fn start(servers: usize) -> Option<Self> {
        block_in_place(|| {
            if servers > 1 {
                Cluster::start(servers).map(Self::Cluster)
            } else {
                Server::start().map(Self::Server)
            }
        })
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Server(server) => server.url(),
            Self::Cluster(cluster) => cluster.url(),
        }
    }

    /// Returns the server of a row with a single server.
    pub(crate) fn server(&self) -> Result<&Server, BoxError> {
        match self {
            Self::Server(server) => Ok(server),
            Self::Cluster(_) => Err("the row has a cluster".into()),
        }
    }

    /// Returns a server by its name in the cluster. A single server has any name.
    pub(crate) fn server_mut(&mut self, name: &str) -> Result<&mut Server, BoxError> {
        match self {
            Self::Server(server) => Ok(server),
            Self::Cluster(cluster) => {
                let server = cluster.server_mut(name);
                server.ok_or_else(|| format!("the cluster has no server {name:?}").into())
            }
        }
    }

    /// Kills a server, and restarts it after a while.
    pub(crate) async fn restart(
        &mut self,
        name: &str,
        down: std::time::Duration,
    ) -> Result<(), BoxError> {
        let server = self.server_mut(name)?;
        block_in_place(|| server.kill());
        tokio::time::sleep(down).await;
        block_in_place(|| server.restart());
        Ok(())
    }
}
