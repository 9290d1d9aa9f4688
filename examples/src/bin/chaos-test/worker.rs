//! The worker process: runs the handlers on the broker until SIGTERM.

use eventkit::BoxError;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use eventkit::transport::TransportError;
use eventkit::{Dispatcher, Policy};
use eventkit_nats::Nats;
use eventkit_service::{Service, ServiceHandle, SubscriptionHealth};
use eventkit_sql::SqliteInbox;
use serde::{Deserialize, Serialize};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

use crate::deployments::{Deployment, Generation};
use crate::effects::Effects;
use crate::handlers::{Behaviour, CHAOS_TEST, Label, Work};

/// The first argument of a worker process. The second is its configuration.
pub(crate) const COMMAND: &str = "worker";

/// The output line of a worker that can be asked to stop.
pub(crate) const STARTED: &str = "started";

/// The output line of a worker whose service is ready.
pub(crate) const READY: &str = "ready";

/// The prefix of the output line with the reason why the service is no longer ready.
pub(crate) const NOT_READY: &str = "not ready: ";

/// The prefix of the output line with the event at which the worker is trapped.
pub(crate) const TRAPPED: &str = "trapped at ";

/// The name of the service, of the stream, and of the service in dead letters.
pub(crate) const SERVICE: &str = "parcels";

/// The default number of events that a handler handles concurrently.
pub(crate) const CONCURRENCY: u16 = 16;

/// The default `ack_wait`: how long the broker waits before it redelivers the events of a dead
/// process.
pub(crate) const ACK_WAIT: Duration = Duration::from_secs(3);

/// The time limit for a cluster to elect a leader.
const ELECTION: Duration = Duration::from_secs(30);

/// The configuration of a worker process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct WorkerConfig {
    pub(crate) stream: StreamConfig,
    /// The server of dead letters, if they are stored separately.
    pub(crate) letters: Option<StreamConfig>,
    /// The server of outgoing events, if they are stored separately.
    pub(crate) outgoing: Option<StreamConfig>,
    pub(crate) inbox: Option<PathBuf>,
    pub(crate) effects: PathBuf,
    /// The handlers of a deployment, which replace the default ones.
    pub(crate) deployment: Option<(Deployment, Generation)>,
    pub(crate) attempts: u32,
    pub(crate) concurrency: u16,
    pub(crate) ack_wait: Duration,
    pub(crate) behaviour: Behaviour,
}

/// The stream of the chaos test on a server.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct StreamConfig {
    pub(crate) url: String,
    pub(crate) replicas: Option<usize>,
    pub(crate) max_bytes: Option<u64>,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            stream: StreamConfig::default(),
            letters: None,
            outgoing: None,
            inbox: None,
            effects: PathBuf::new(),
            deployment: None,
            attempts: 10,
            concurrency: CONCURRENCY,
            ack_wait: ACK_WAIT,
            behaviour: Behaviour {
                label: Label::FailsOnce,
                ..Behaviour::default()
            },
        }
    }
}

impl StreamConfig {
    pub(crate) fn at(url: String) -> Self {
        Self {
            url,
            ..Self::default()
        }
    }

    /// Opens the stream.
    pub(crate) async fn open(&self) -> Result<Nats, TransportError> {
        let mut nats = Nats::connect(&self.url)
            .stream(SERVICE)
            .idle_heartbeat(Duration::from_secs(1));
        if let Some(replicas) = self.replicas {
            nats = nats.replicas(replicas);
        }
        if let Some(max_bytes) = self.max_bytes {
            nats = nats.max_bytes(max_bytes);
        }
        nats.open().await
    }

    /// Opens the stream on a broker that was just started. A cluster may not have a leader yet.
    pub(crate) async fn open_at_start(&self) -> Result<Nats, TransportError> {
        let start = Instant::now();
        loop {
            match self.open().await {
                Err(_) if start.elapsed() < ELECTION => sleep(Duration::from_millis(200)).await,
                opened => return opened,
            }
        }
    }
}

pub(crate) fn say(line: &str) {
    println!("{line}");
    // If the chaos test was killed, its end of the pipe is closed.
    let _ = std::io::stdout().flush();
}

pub(crate) async fn run(config: &str) -> Result<(), BoxError> {
    let config: WorkerConfig = serde_json::from_str(config)?;
    if config.behaviour.label == Label::PanicsOnce {
        // Each panic would print a backtrace; the chaos test counts the results instead.
        std::panic::set_hook(Box::new(|_| {}));
    }
    let work = Work::new(Effects::open(&config.effects)?, config.behaviour.clone());
    let app = match config.deployment {
        None => Dispatcher::new(&CHAOS_TEST).state(work).build()?,
        Some((deployment, generation)) => deployment.dispatcher(generation, &work)?,
    };
    let policy = Policy::new()
        .attempts(config.attempts)
        .concurrency(usize::from(config.concurrency))
        .initial_delay(Duration::from_millis(100))
        .max_delay(Duration::from_secs(1));
    let mut service = Service::new(SERVICE, &app)
        .transport(config.stream.open().await?)
        .policy(policy)
        .ack_wait(config.ack_wait);
    if let Some(letters) = &config.letters {
        service = service.dead_letter_publisher(letters.open().await?);
    }
    if let Some(outgoing) = &config.outgoing {
        service = service.outgoing_publisher(outgoing.open().await?);
    }
    if let Some(path) = &config.inbox {
        service = service.inbox(SqliteInbox::open(path).await?);
    }
    let service = service.build()?;
    let mut stop = signal(SignalKind::terminate())?;
    say(STARTED);
    tokio::spawn(say_health(service.handle()));
    let stopped = async move {
        stop.recv().await;
    };
    service.run_until(stopped).await?;
    Ok(())
}

/// Reports each time that the service becomes ready or is no longer ready.
async fn say_health(handle: ServiceHandle) {
    loop {
        handle.ready().await;
        say(READY);
        let health = handle.wait_for(|health| !health.is_ready()).await;
        let reasons: Vec<String> = health.subscriptions.iter().flat_map(reasons_of).collect();
        say(&format!("{NOT_READY}{}", reasons.join("; ")));
    }
}

fn reasons_of(subscription: &SubscriptionHealth) -> Vec<String> {
    let reasons = subscription.not_ready_reasons().into_iter();
    reasons
        .map(|reason| format!("{}: {reason}", subscription.name).replace('\n', " "))
        .collect()
}
