//! The broker, the network, the workers and what they have done, for one row.

use std::env;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::{self, Stdio};
use std::time::{Duration, Instant};

use eventkit::CloudEvent;
use eventkit::transport::{Publisher, RawMessage, TransportError};
use eventkit_nats::Nats;
use eventkit_tests::nats::Server;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::cut::Network;
use crate::effects::Tally;
use crate::events::{HANDLERS, ParcelWeighed};
use crate::fault::{Fault, is_poison};
use crate::letters::Letters;
use crate::progress::Progress;
use crate::row::Row;
use crate::worker::{ACK_WAIT, Orders, READY, connect};

/// How long nothing may happen before what is missing counts as lost.
const PATIENCE: Duration = Duration::from_secs(90);

/// How many events are on their way to the broker at once.
const PUBLISHING: usize = 32;

pub(crate) struct Environment {
    pub(crate) events: u64,
    pub(crate) server: Server,
    pub(crate) orders: Orders,
    fault: Fault,
    letters: Option<Server>,
    network: Option<Network>,
    workers: Vec<Worker>,
    folder: Folder,
    tally: Tally,
    progress: Progress,
    publishing: JoinSet<Result<(), TransportError>>,
    started: Instant,
    count: u32,
}

struct Worker {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    is_ready: bool,
}

impl Worker {
    /// Waits until it can be asked to stop.
    async fn ready(&mut self) -> Result<(), Box<dyn Error>> {
        while !self.is_ready {
            self.is_ready = timeout(PATIENCE, self.line()).await?? == READY;
        }
        Ok(())
    }

    async fn line(&mut self) -> Result<String, Box<dyn Error>> {
        let line = self.lines.next_line().await?;
        line.ok_or_else(|| "a worker has ended by itself".into())
    }
}

/// A folder that goes with the row.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left over is in the folder for what is temporary.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Environment {
    /// Starts a broker and what publishes to it; `None` where there shall be no broker.
    pub(crate) async fn start(
        fault: Fault,
        events: u64,
        title: String,
    ) -> Result<Option<Self>, Box<dyn Error>> {
        let Some(server) = Server::start() else {
            return Ok(None);
        };
        let folder = format!("eventkit-chaos-test-{}-{}", process::id(), fault.name());
        let folder = Folder(env::temp_dir().join(folder));
        fs::create_dir_all(&folder.0)?;
        let letters = match fault {
            Fault::LettersDown => Server::start(),
            _ => None,
        };
        let network = match fault {
            Fault::NetworkCut => {
                let address = server.url().replace("nats://", "");
                Some(Network::to(address).await?)
            }
            _ => None,
        };
        let orders = Orders {
            url: network.as_ref().map_or(server.url(), Network::url),
            letters: letters.as_ref().map(Server::url),
            panics: fault == Fault::Panic,
            ..Orders::default()
        };
        let publishing = publish(&connect(&server.url()).await?, fault, events);
        Ok(Some(Self {
            events,
            server,
            orders,
            fault,
            letters,
            network,
            workers: Vec::new(),
            folder,
            tally: Tally::default(),
            progress: Progress::new(title, events * HANDLERS.len() as u64),
            publishing,
            started: Instant::now(),
            count: 0,
        }))
    }

    pub(crate) fn start_worker(&mut self) -> Result<(), Box<dyn Error>> {
        self.count += 1;
        self.orders.effects = self.folder.0.join(format!("{}.effects", self.count));
        let mut process = Command::new(env::current_exe()?)
            .args(self.orders.to_arguments())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdout = process.stdout.take().ok_or("the worker has no output")?;
        let lines = BufReader::new(stdout).lines();
        self.workers.push(Worker {
            process,
            lines,
            is_ready: false,
        });
        Ok(())
    }

    /// Asks the worker that has run longest to stop, and waits until it has.
    pub(crate) async fn terminate_oldest(&mut self) -> Result<(), Box<dyn Error>> {
        if self.workers.is_empty() {
            return Err("there is no worker to stop".into());
        }
        let mut worker = self.workers.remove(0);
        worker.ready().await?;
        if let Some(id) = worker.process.id() {
            Command::new("kill")
                .args(["-TERM", &id.to_string()])
                .status()
                .await?;
        }
        let status = timeout(PATIENCE, worker.process.wait()).await??;
        if !status.success() {
            return Err(format!("a worker that was asked to stop ended with {status}").into());
        }
        Ok(())
    }

    /// Waits until the newest worker is in its trap, kills it, and returns the event.
    pub(crate) async fn kill_trapped(&mut self) -> Result<u64, Box<dyn Error>> {
        let mut worker = self.workers.pop().ok_or("there is no worker to kill")?;
        worker.ready().await?;
        let line = loop {
            self.look("until the trap")?;
            if let Ok(line) = timeout(Duration::from_millis(100), worker.line()).await {
                break line?;
            }
            if self.started.elapsed() > PATIENCE * 4 {
                return Err("no worker has come to the event it shall be killed at".into());
            }
        };
        worker.process.kill().await?;
        Ok(line.parse()?)
    }

    pub(crate) async fn cut_network_for(&mut self, time: Duration) {
        if let Some(network) = &self.network {
            network.cut();
            sleep(time).await;
            network.heal();
        }
    }

    pub(crate) fn letters_mut(&mut self) -> Result<&mut Server, &'static str> {
        self.letters
            .as_mut()
            .ok_or("this row has no server for dead letters")
    }

    /// Waits until a part of the healthy events is done, or nothing happens any more.
    pub(crate) async fn until(&mut self, part: u64, of: u64) -> Result<(), Box<dyn Error>> {
        let wanted = self.healthy() * HANDLERS.len() as u64 * part / of;
        let (mut before, mut since) = (self.tally.done(), Instant::now());
        loop {
            self.look("")?;
            let done = self.tally.done();
            if done >= wanted {
                return Ok(());
            }
            if done != before {
                (before, since) = (done, Instant::now());
            }
            if since.elapsed() > PATIENCE {
                // The row says what is missing.
                return Ok(());
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Stops everything, and says what came of it.
    pub(crate) async fn finish(mut self) -> Result<Row, Box<dyn Error>> {
        while let Some(published) = self.publishing.join_next().await {
            published??;
        }
        let expected_dead = (self.events - self.healthy()) * HANDLERS.len() as u64;
        let letters = self.all_letters(expected_dead).await?;
        let took = self.started.elapsed();
        // What comes again comes within this time.
        sleep(ACK_WAIT + Duration::from_secs(2)).await;
        while !self.workers.is_empty() {
            self.terminate_oldest().await?;
        }
        self.look("done")?;
        self.progress.end();
        let missing = |handler: &&str| {
            let healthy = (0..self.events).filter(|number| self.is_healthy(*number));
            healthy
                .filter(|number| !self.tally.has(handler, *number))
                .count() as u64
        };
        let (bound, why) = self.fault.bound(!self.server.is_at_least(2, 10));
        Ok(Row {
            fault: self.fault.title(),
            lost: HANDLERS.iter().map(missing).sum(),
            repeated: self.tally.repeated(),
            bound,
            why,
            dead: letters.different,
            expected_dead,
            healthy_dead: letters.healthy,
            repeated_dead: letters.repeated,
            took,
        })
    }

    /// Waits until there are as many dead letters as expected, or no more come.
    async fn all_letters(&mut self, expected: u64) -> Result<Letters, Box<dyn Error>> {
        let url = self.letters.as_ref().unwrap_or(&self.server).url();
        let (mut found, mut since) = (Letters::on(&url).await?, Instant::now());
        while found.different < expected && since.elapsed() < PATIENCE {
            self.look("until all dead letters are there")?;
            sleep(Duration::from_millis(500)).await;
            let now = Letters::on(&url).await?;
            if now != found {
                (found, since) = (now, Instant::now());
            }
        }
        Ok(found)
    }

    fn look(&mut self, what: &str) -> Result<(), Box<dyn Error>> {
        self.tally.update(&self.folder.0)?;
        self.progress.show(self.tally.done(), what);
        Ok(())
    }

    fn is_healthy(&self, number: u64) -> bool {
        !(self.fault.has_poison() && is_poison(number))
    }

    fn healthy(&self) -> u64 {
        (0..self.events)
            .filter(|number| self.is_healthy(*number))
            .count() as u64
    }
}

/// Publishes all events in the background, each until the broker has it.
fn publish(nats: &Nats, fault: Fault, events: u64) -> JoinSet<Result<(), TransportError>> {
    let mut tasks = JoinSet::new();
    for first in 0..PUBLISHING as u64 {
        let nats = nats.clone();
        tasks.spawn(async move {
            for number in (first..events).step_by(PUBLISHING) {
                publish_one(&nats, fault, number).await?;
                if fault == Fault::PublishedTwice {
                    publish_one(&nats, fault, number).await?;
                }
            }
            Ok(())
        });
    }
    tasks
}

async fn publish_one(nats: &Nats, fault: Fault, number: u64) -> Result<(), TransportError> {
    let start = Instant::now();
    loop {
        match try_publish(nats, fault, number).await {
            Err(error) if start.elapsed() > PATIENCE => return Err(error),
            Err(_) => sleep(Duration::from_millis(200)).await,
            Ok(()) => return Ok(()),
        }
    }
}

async fn try_publish(nats: &Nats, fault: Fault, number: u64) -> Result<(), TransportError> {
    let rejected = |error: eventkit::EncodeError| {
        let kind = eventkit::transport::TransportErrorKind::Rejected;
        TransportError::new(kind, "the event could not be made").with_source(error)
    };
    if !(fault.has_poison() && is_poison(number)) {
        let event = ParcelWeighed::new(number).to_event().map_err(rejected)?;
        return nats.publish(&event).await.map(drop);
    }
    let body = format!("poison-{number}");
    if number % 200 < 100 {
        // No event at all.
        let message = RawMessage::new(Vec::new(), body);
        return nats
            .publish_raw(ParcelWeighed::TYPE, &message)
            .await
            .map(drop);
    }
    // An event whose data is of another form.
    let event = ParcelWeighed::new(number).event_builder();
    let event = event.and_then(|event| Ok(event.data_json(&body)?.build()?));
    nats.publish(&event.map_err(rejected)?).await.map(drop)
}
