//! The worker process: runs the handlers on the broker until SIGTERM.

use eventkit::BoxError;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use eventkit::{Dispatcher, Policy};
use eventkit_service::{Health, Service, ServiceHandle, SubscriptionHealth};
use eventkit_sql::SqliteInbox;
use serde::{Deserialize, Serialize};
use tokio::signal::unix::{SignalKind, signal};

use crate::broker_config::BrokerConfig;
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

/// The name of the service, of its stream or exchange, and of the service in dead letters.
pub(crate) const SERVICE: &str = "parcels";

/// The default number of events that a handler handles concurrently.
pub(crate) const CONCURRENCY: u16 = 16;

/// The default `ack_wait`: how long the broker waits before it redelivers the events of a dead
/// process.
pub(crate) const ACK_WAIT: Duration = Duration::from_secs(3);

/// The configuration of a worker process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct WorkerConfig {
    pub(crate) broker: BrokerConfig,
    /// The broker of dead letters, if they are stored separately.
    pub(crate) letters: Option<BrokerConfig>,
    /// The broker of outgoing events, if they are stored separately.
    pub(crate) outgoing: Option<BrokerConfig>,
    pub(crate) inbox: Option<PathBuf>,
    pub(crate) effects: PathBuf,
    /// The handlers of a deployment, which replace the default ones.
    pub(crate) deployment: Option<(Deployment, Generation)>,
    pub(crate) attempts: u32,
    pub(crate) concurrency: u16,
    pub(crate) ack_wait: Duration,
    pub(crate) behaviour: Behaviour,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            broker: BrokerConfig::default(),
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
        .transport(config.broker.open().await?)
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

/// Reports each time that the service becomes ready, and each time that the reasons why it is not change.
async fn say_health(handle: ServiceHandle) {
    let mut said = None;
    loop {
        let reasons = |health: &Health| {
            let reasons = health.subscriptions.iter().flat_map(reasons_of);
            reasons.collect::<Vec<String>>().join("; ")
        };
        let health = handle.wait_for(|health| Some(reasons(health)) != said);
        let reasons = reasons(&health.await);
        if reasons.is_empty() {
            say(READY);
        } else {
            say(&format!("{NOT_READY}{reasons}"));
        }
        said = Some(reasons);
    }
}

fn reasons_of(subscription: &SubscriptionHealth) -> Vec<String> {
    let reasons = subscription.not_ready_reasons().into_iter();
    reasons
        .map(|reason| format!("{}: {reason}", subscription.name).replace('\n', " "))
        .collect()
}
