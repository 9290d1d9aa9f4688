//! A cluster of NATS servers for a test.

use super::{Server, free_port};

/// The running servers of a cluster, each with its own store. They are killed on drop.
#[derive(Debug)]
pub struct Cluster {
    servers: Vec<Server>,
}

impl Cluster {
    /// Starts a cluster, or returns `None` if tests with a server are disabled.
    ///
    /// The servers elect their leaders afterwards, so the first requests may find no leader.
    ///
    /// # Panics
    ///
    /// Panics if there is no server to start.
    #[must_use]
    pub fn start(size: usize) -> Option<Self> {
        let routes: Vec<String> = (0..size)
            .map(|_| format!("nats://127.0.0.1:{}", free_port()))
            .collect();
        let all = routes.join(",");
        let start = |(at, route): (usize, &String)| {
            Server::start_with(&[
                "--server_name",
                &name(at),
                "--cluster_name",
                "eventkit",
                "--cluster",
                route,
                "--routes",
                &all,
            ])
        };
        let servers = routes.iter().enumerate().map(start).collect();
        Option::map(servers, |servers| Self { servers })
    }

    /// Returns the URLs of all servers for clients, separated by commas.
    #[must_use]
    pub fn url(&self) -> String {
        let urls: Vec<String> = self.servers.iter().map(Server::url).collect();
        urls.join(",")
    }

    /// Returns a server by its name in the cluster.
    pub fn server_mut(&mut self, server: &str) -> Option<&mut Server> {
        let mut servers = self.servers.iter_mut().enumerate();
        let found = servers.find(|(at, _)| name(*at) == server);
        found.map(|(_, server)| server)
    }
}

fn name(at: usize) -> String {
    format!("node-{at}")
}
