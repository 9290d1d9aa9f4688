//! Where the events of the chaos test are stored.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eventkit::transport::{Transport, TransportError};
use eventkit_nats::Nats;
use eventkit_rabbitmq::RabbitMq;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

/// The time limit for a cluster to elect a leader.
const ELECTION: Duration = Duration::from_secs(30);

/// A kind of broker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum BrokerKind {
    #[default]
    Nats,
    RabbitMq,
}

impl BrokerKind {
    /// Returns the URL of a broker that is reached at an address, such as that of a proxy.
    pub(crate) fn url(self, address: &str) -> String {
        match self {
            Self::Nats => format!("nats://{address}"),
            Self::RabbitMq => format!("amqp://guest:guest@{address}/%2f"),
        }
    }

    /// Returns whether a broker stores events for subscriptions that are opened later.
    pub(crate) fn keeps_history(self) -> bool {
        self == Self::Nats
    }
}

/// The stream or exchange of the chaos test on a broker.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct BrokerConfig {
    pub(crate) kind: BrokerKind,
    pub(crate) url: String,
    /// The name of the stream or exchange.
    pub(crate) place: String,
    /// The replicas of a stream.
    pub(crate) replicas: Option<usize>,
    /// The maximum size of a stream.
    pub(crate) max_bytes: Option<u64>,
}

impl BrokerConfig {
    /// Opens the stream or exchange.
    pub(crate) async fn open(&self) -> Result<Arc<dyn Transport>, TransportError> {
        match self.kind {
            BrokerKind::Nats => {
                let mut nats = Nats::connect(&self.url)
                    .stream(&self.place)
                    .idle_heartbeat(Duration::from_secs(1));
                if let Some(replicas) = self.replicas {
                    nats = nats.replicas(replicas);
                }
                if let Some(max_bytes) = self.max_bytes {
                    nats = nats.max_bytes(max_bytes);
                }
                Ok(Arc::new(nats.open().await?))
            }
            BrokerKind::RabbitMq => {
                let rabbitmq = RabbitMq::connect(&self.url)
                    .exchange(&self.place)
                    .heartbeat(Duration::from_secs(2));
                Ok(Arc::new(rabbitmq.open().await?))
            }
        }
    }

    /// Opens the stream or exchange on a broker that was just started. A cluster may not have a leader yet.
    pub(crate) async fn open_at_start(&self) -> Result<Arc<dyn Transport>, TransportError> {
        let start = Instant::now();
        loop {
            match self.open().await {
                Err(_) if start.elapsed() < ELECTION => sleep(Duration::from_millis(200)).await,
                opened => return opened,
            }
        }
    }
}
