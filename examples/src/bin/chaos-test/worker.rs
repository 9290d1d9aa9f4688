//! A worker process: the handlers on the broker, until SIGTERM.

use std::collections::HashSet;
use std::error::Error;
use std::future::pending;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eventkit::Dispatcher;
use eventkit_nats::Nats;
use eventkit_service::Service;
use tokio::signal::unix::{SignalKind, signal};

use crate::effects::Effects;
use crate::events::{CHAOS_TEST, Work};

/// The first argument of a worker process.
pub(crate) const COMMAND: &str = "worker";

/// What a worker says when it can be asked to stop.
pub(crate) const READY: &str = "ready";

/// The name of the service, of the stream, and in the place of its dead letters.
pub(crate) const SERVICE: &str = "parcels";

/// How soon the broker gives the events of a process that died to another.
pub(crate) const ACK_WAIT: Duration = Duration::from_secs(3);

/// What a worker process is told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Orders {
    pub(crate) url: String,
    /// Where dead letters go, if not to the same server.
    pub(crate) letters: Option<String>,
    pub(crate) effects: PathBuf,
    pub(crate) panics: bool,
    pub(crate) trap: Trap,
}

/// The events at which a handler stops for good, so that its process can be killed right there.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trap {
    /// Before it has done its work.
    pub(crate) before: Vec<u64>,
    /// When it has, and nobody knows yet.
    pub(crate) after: Vec<u64>,
}

impl Trap {
    pub(crate) async fn before(&self, number: u64) {
        stop_at(&self.before, number).await;
    }

    pub(crate) async fn after(&self, number: u64) {
        stop_at(&self.after, number).await;
    }
}

async fn stop_at(numbers: &[u64], number: u64) {
    if numbers.contains(&number) {
        // Whoever started this process waits for the line, and kills it.
        say(&number.to_string());
        pending::<()>().await;
    }
}

fn say(line: &str) {
    println!("{line}");
    // Nobody listens where the chaos test itself has been killed.
    let _ = std::io::stdout().flush();
}

impl Orders {
    pub(crate) fn to_arguments(&self) -> Vec<String> {
        let list = |numbers: &[u64]| {
            numbers
                .iter()
                .map(u64::to_string)
                .collect::<Vec<_>>()
                .join(",")
        };
        vec![
            COMMAND.to_owned(),
            self.url.clone(),
            self.letters.clone().unwrap_or_default(),
            self.effects.display().to_string(),
            self.panics.to_string(),
            list(&self.trap.before),
            list(&self.trap.after),
        ]
    }

    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let mut next = || {
            arguments
                .next()
                .ok_or("a worker is started by the chaos test only")
        };
        let list = |numbers: String| -> Result<Vec<u64>, Box<dyn Error>> {
            let numbers = numbers.split(',').filter(|number| !number.is_empty());
            Ok(numbers.map(str::parse).collect::<Result<_, _>>()?)
        };
        Ok(Self {
            url: next()?,
            letters: Some(next()?).filter(|url| !url.is_empty()),
            effects: next()?.into(),
            panics: next()?.parse()?,
            trap: Trap {
                before: list(next()?)?,
                after: list(next()?)?,
            },
        })
    }
}

pub(crate) async fn run(arguments: impl Iterator<Item = String>) -> Result<(), Box<dyn Error>> {
    let orders = Orders::read(arguments)?;
    let work = Work {
        effects: Effects::open(&orders.effects)?,
        trap: Arc::new(orders.trap),
        panics: orders.panics,
        failed: Arc::new(Mutex::new(HashSet::new())),
    };
    if orders.panics {
        // Each would print a trace; the chaos test counts what came of it.
        std::panic::set_hook(Box::new(|_| {}));
    }
    let app = Dispatcher::new(&CHAOS_TEST).state(work).build()?;
    let mut service = Service::new(SERVICE, &app)
        .transport(connect(&orders.url).await?)
        .ack_wait(ACK_WAIT);
    if let Some(url) = &orders.letters {
        service = service.dead_letter_publisher(connect(url).await?);
    }
    let service = service.build()?;
    let mut stop = signal(SignalKind::terminate())?;
    say(READY);
    let stopped = async move {
        stop.recv().await;
    };
    service.run_until(stopped).await?;
    Ok(())
}

/// Opens the stream of the chaos test on a server.
pub(crate) async fn connect(url: &str) -> Result<Nats, eventkit::transport::TransportError> {
    let nats = Nats::connect(url).stream(SERVICE);
    nats.idle_heartbeat(Duration::from_secs(1)).open().await
}
