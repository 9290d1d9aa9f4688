//! The broker, the workers and their effects, for one row.

use std::env;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process;
use std::time::{Duration, Instant};

use eventkit::BoxError;
use eventkit_nats::Nats;
use eventkit_tests::nats::Server;
use tokio::task::block_in_place;
use tokio::time::sleep;

use crate::broker::Broker;
use crate::effects::Tally;
use crate::handlers::HANDLERS;
use crate::letters::Letters;
use crate::operator::Operator;
use crate::progress::Progress;
use crate::proxy::Proxy;
use crate::publishing::Publishing;
use crate::row::{Allowance, Row};
use crate::setup::{Fate, Setup};
use crate::worker::{CONCURRENCY, StreamConfig};
use crate::worker_process::WorkerProcess;

/// The time without progress after which missing events count as lost.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct Environment {
    pub(crate) setup: Setup,
    pub(crate) broker: Broker,
    pub(crate) workers: Vec<WorkerProcess>,
    pub(crate) publishing: Publishing,
    pub(crate) tally: Tally,
    nats: Nats,
    /// The server of dead letters or outgoing events, in rows that store them separately.
    second: Option<Server>,
    folder: Folder,
    progress: Progress,
    started: Instant,
    /// The number of pairs of handler and event that must be done.
    wanted: u64,
    /// The number of pairs that are done.
    done: u64,
    /// The number of workers started so far.
    count: u32,
    is_stuck: bool,
    allowances: Vec<Allowance>,
    broken: Vec<String>,
}

/// A directory that is removed with the row.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // If this fails, the directory remains in the system's temporary directory.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Environment {
    /// Starts a broker, or returns `None` if tests with a broker are disabled.
    pub(crate) async fn start(
        name: &str,
        mut setup: Setup,
        progress: Progress,
    ) -> Result<Option<Self>, BoxError> {
        let Some(broker) = Broker::start(setup.servers) else {
            return Ok(None);
        };
        let folder = format!("eventkit-chaos-test-{}-{name}", process::id());
        let folder = Folder(env::temp_dir().join(folder));
        fs::create_dir_all(&folder.0)?;
        let stream = &mut setup.worker.stream;
        stream.url = broker.url();
        stream.replicas = Some(setup.servers).filter(|servers| *servers > 1);
        let nats = stream.open_at_start().await?;
        Ok(Some(Self {
            wanted: setup.pairs(Fate::Done).count() as u64,
            done: 0,
            setup,
            broker,
            workers: Vec::new(),
            publishing: Publishing::default(),
            tally: Tally::default(),
            nats,
            second: None,
            folder,
            progress,
            started: Instant::now(),
            count: 0,
            is_stuck: false,
            allowances: Vec::new(),
            broken: Vec::new(),
        }))
    }

    /// Returns the directory of the row.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder.0
    }

    /// Starts a proxy between the broker and the workers, which can block the connection.
    pub(crate) async fn start_proxy(&mut self) -> Result<Proxy, BoxError> {
        let address = self.broker.url().replace("nats://", "");
        let proxy = Proxy::to(address).await?;
        self.setup.worker.stream.url = proxy.url();
        Ok(proxy)
    }

    /// Starts the server of dead letters or outgoing events.
    pub(crate) fn start_second_server(&mut self) -> Result<&mut Server, BoxError> {
        self.second = block_in_place(Server::start);
        self.second()
    }

    /// Returns the server of dead letters or outgoing events.
    pub(crate) fn second(&mut self) -> Result<&mut Server, BoxError> {
        let second = self.second.as_mut();
        second.ok_or_else(|| "the row has no second server".into())
    }

    /// Connects an operator to the broker.
    pub(crate) async fn operator(&self) -> Result<Operator, BoxError> {
        Operator::connect(&self.broker.url()).await
    }

    /// Publishes all events in the background.
    pub(crate) fn publish_all(&mut self) {
        self.publish(0..self.setup.events);
    }

    /// Publishes some events in the background.
    pub(crate) fn publish(&mut self, numbers: Range<u64>) {
        self.publishing.add(&self.nats, &self.setup, numbers, 1);
    }

    /// Publishes every event, and then each of them again.
    pub(crate) fn publish_all_twice(&mut self) {
        let numbers = 0..self.setup.events;
        self.publishing.add(&self.nats, &self.setup, numbers, 2);
    }

    pub(crate) fn start_worker(&mut self) -> Result<&mut WorkerProcess, BoxError> {
        self.count += 1;
        let effects = format!("{}.effects", self.count);
        self.setup.worker.effects = self.folder.0.join(effects);
        self.workers.push(WorkerProcess::start(&self.setup.worker)?);
        self.newest()
    }

    /// Returns the most recently started worker.
    pub(crate) fn newest(&mut self) -> Result<&mut WorkerProcess, BoxError> {
        let newest = self.workers.last_mut();
        newest.ok_or_else(|| "there is no worker".into())
    }

    /// Removes and returns the worker that has run longest.
    pub(crate) fn take_oldest(&mut self) -> Result<WorkerProcess, BoxError> {
        if self.workers.is_empty() {
            return Err("there is no worker".into());
        }
        Ok(self.workers.remove(0))
    }

    /// Asks the worker that has run longest to stop, and waits for it.
    pub(crate) async fn terminate_oldest(&mut self) -> Result<(), BoxError> {
        self.take_oldest()?.terminate().await
    }

    /// Allows a number of repetitions, each with a number of events.
    pub(crate) fn allow(&mut self, times: u64, each: u64, why: &'static str) {
        let mut known = self.allowances.iter_mut();
        match known.find(|own| own.each == each && own.why == why) {
            Some(own) => own.times += times,
            None => self.allowances.push(Allowance { times, each, why }),
        }
    }

    /// Allows a bug of NATS before 2.10, which sometimes delivers another message in place of a
    /// returned one. Workers that stop return the messages that they have not started.
    pub(crate) fn allow_mix_ups(&mut self, times: u64) -> Result<(), BoxError> {
        if !self.broker.server()?.is_at_least(2, 10) {
            let why = "NATS before 2.10 may deliver others than the returned messages";
            self.allow(times, 1, why);
        }
        Ok(())
    }

    /// Records a broken promise, unless it was kept.
    pub(crate) fn demand(&mut self, is_kept: bool, promise: impl Into<String>) {
        if !is_kept {
            self.broken.push(promise.into());
        }
    }

    /// Records an error as a broken promise, so that the row continues.
    pub(crate) fn demand_ok(&mut self, outcome: Result<(), BoxError>) {
        if let Err(error) = outcome {
            self.broken.push(error.to_string());
        }
    }

    /// Waits until a part of the work is done, or there is no more progress.
    pub(crate) async fn until(&mut self, part: u64, of: u64) -> Result<(), BoxError> {
        let wanted = self.wanted * part / of;
        let (mut before, mut since) = (self.done()?, Instant::now());
        while before < wanted && !self.is_stuck {
            sleep(Duration::from_millis(20)).await;
            let done = self.done()?;
            if done != before {
                (before, since) = (done, Instant::now());
            }
            // The row reports the missing events.
            self.is_stuck = since.elapsed() > PATIENCE;
        }
        Ok(())
    }

    /// Returns the number of pairs of handler and event that are done.
    pub(crate) fn done(&mut self) -> Result<u64, BoxError> {
        for (handler, number) in self.tally.update(&self.folder.0)? {
            self.done += u64::from(self.setup.fate_of(&handler, number) == Fate::Done);
        }
        self.progress.show(self.done, self.wanted);
        Ok(self.done)
    }

    /// Waits until all expected dead letters are stored, or no more arrive.
    pub(crate) async fn until_letters(&mut self) -> Result<Letters, BoxError> {
        let worker = &self.setup.worker;
        let elsewhere = worker.letters.clone();
        let stream = elsewhere.unwrap_or_else(|| StreamConfig::at(self.broker.url()));
        let expected = self.setup.pairs(Fate::Dead).count() as u64;
        let (mut found, mut since) = (Letters::on(&stream, &self.setup).await?, Instant::now());
        while found.different < expected && since.elapsed() < PATIENCE {
            sleep(Duration::from_millis(500)).await;
            let now = Letters::on(&stream, &self.setup).await?;
            if now != found {
                (found, since) = (now, Instant::now());
            }
        }
        Ok(found)
    }

    /// Returns the number of events that a handler of one worker handles in a time.
    pub(crate) fn done_within(&self, time: Duration) -> u64 {
        let worker = &self.setup.worker;
        let takes = worker.behaviour.invoice_takes.as_nanos().max(1);
        let done = u128::from(worker.concurrency) * time.as_nanos() / takes;
        u64::try_from(done).unwrap_or(u64::MAX)
    }

    /// Stops everything, and returns the result.
    pub(crate) async fn finish(mut self, title: &'static str) -> Result<Row, BoxError> {
        let published = self.publishing.finish().await;
        self.demand_ok(published);
        let letters = match self.until_letters().await {
            Ok(letters) => letters,
            Err(error) => {
                self.demand_ok(Err(error));
                Letters::default()
            }
        };
        let took = self.started.elapsed();
        // Redeliveries arrive within this time.
        sleep(self.setup.worker.ack_wait + Duration::from_secs(2)).await;
        while !self.workers.is_empty() {
            let stopped = self.terminate_oldest().await;
            self.demand_ok(stopped);
        }
        self.done()?;
        let lost = self.setup.pairs(Fate::Done);
        let lost = lost.filter(|(handler, number)| !self.tally.has(handler, *number));
        Ok(Row {
            title,
            lost: lost.count() as u64,
            repeated: self.tally.repeated(),
            dead: letters.different,
            expected_dead: self.setup.pairs(Fate::Dead).count() as u64,
            healthy_dead: letters.healthy,
            repeated_dead: letters.repeated,
            took,
            allowances: self.allowances,
            broken: self.broken,
        })
    }
}

/// Returns the number of events that the handlers of a worker handle concurrently.
pub(crate) fn at_once() -> u64 {
    HANDLERS.len() as u64 * u64::from(CONCURRENCY)
}

/// Returns the number of events that a worker has received: those that its handlers work on, and
/// the same number waiting.
pub(crate) fn in_hand() -> u64 {
    at_once() * 2
}
