//! Servers, for AsyncAPI documents.

/// A server that events are sent to or received from, as AsyncAPI describes it.
///
/// ```
/// use eventkit_catalog::{Catalog, Server};
///
/// let nats = Server::new("production", "nats.example.com:4222", "nats");
/// let catalog = Catalog::builder("Shop", "1.0.0").server(nats).build()?;
/// assert!(catalog.asyncapi_json().contains("nats.example.com:4222"));
/// # Ok::<(), eventkit_catalog::CatalogError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Server {
    /// The name.
    pub name: String,
    /// The host, with its port if there is one.
    pub host: String,
    /// The protocol, such as `nats`, `amqp` or `https`.
    pub protocol: String,
    /// The description.
    pub description: Option<String>,
}

impl Server {
    /// Creates a server from its name, host and protocol.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        host: impl Into<String>,
        protocol: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            host: host.into(),
            protocol: protocol.into(),
            description: None,
        }
    }

    /// Sets the description.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }
}
