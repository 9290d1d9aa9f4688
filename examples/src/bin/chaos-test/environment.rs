//! The broker, the workers and their effects, for one row.

use std::env;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eventkit::BoxError;
use eventkit::transport::Transport;
use tokio::time::sleep;

use crate::broker::Broker;
use crate::broker_config::{BrokerConfig, BrokerKind};
use crate::effects::Tally;
use crate::handlers::HANDLERS;
use crate::letters::Letters;
use crate::operator::Operator;
use crate::progress::Progress;
use crate::proxy::Proxy;
use crate::publishing::Publishing;
use crate::row::{Allowance, Notes, Row};
use crate::setup::{Fate, Setup};
use crate::worker::{CONCURRENCY, SERVICE};
use crate::worker_process::WorkerProcess;

/// The time without progress after which missing events count as lost.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct Environment {
    pub(crate) setup: Setup,
    pub(crate) broker: Broker,
    pub(crate) workers: Vec<WorkerProcess>,
    pub(crate) publishing: Publishing,
    pub(crate) tally: Tally,
    /// The connection of the publisher.
    connection: Arc<dyn Transport>,
    /// The broker of dead letters or outgoing events, in rows that store them separately.
    second: Option<Broker>,
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
    notes: Notes,
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
        let Some(broker) = Broker::start(&setup) else {
            return Ok(None);
        };
        let folder = format!("eventkit-chaos-test-{}-{name}", process::id());
        let folder = Folder(env::temp_dir().join(folder));
        fs::create_dir_all(&folder.0)?;
        let config = &mut setup.worker.broker;
        // Rows with the same broker have an exchange each.
        let place = match broker {
            Broker::SharedRabbitMq(_) => name,
            _ => SERVICE,
        };
        *config = broker.config(place);
        config.replicas = Some(setup.servers).filter(|servers| *servers > 1);
        let connection = config.open_at_start().await?;
        let mut environment = Self {
            wanted: setup.pairs(Fate::Done).count() as u64,
            done: 0,
            setup,
            broker,
            workers: Vec::new(),
            publishing: Publishing::default(),
            tally: Tally::default(),
            connection,
            second: None,
            folder,
            progress,
            started: Instant::now(),
            count: 0,
            is_stuck: false,
            allowances: Vec::new(),
            broken: Vec::new(),
            notes: Notes::default(),
        };
        if !environment.setup.broker.keeps_history() {
            environment.declare_subscriptions().await?;
        }
        Ok(Some(environment))
    }

    /// Runs a worker without events, as a first deployment does: from then on, events are stored for the
    /// subscriptions of its handlers.
    async fn declare_subscriptions(&mut self) -> Result<(), BoxError> {
        self.start_worker()?.ready().await?;
        self.terminate_oldest().await
    }

    /// Returns the directory of the row.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder.0
    }

    /// Starts a proxy between the broker and the workers, which can block the connection.
    pub(crate) async fn start_proxy(&mut self) -> Result<Proxy, BoxError> {
        let proxy = Proxy::to(self.broker.address()?).await?;
        let address = proxy.address().to_string();
        self.setup.worker.broker.url = self.broker.kind().url(&address);
        Ok(proxy)
    }

    /// Starts the broker of dead letters or outgoing events.
    pub(crate) fn start_second_broker(&mut self) -> Result<BrokerConfig, BoxError> {
        self.second = Broker::start_alone(self.setup.broker, 1);
        Ok(self.second()?.config(SERVICE))
    }

    /// Returns the broker of dead letters or outgoing events.
    pub(crate) fn second(&mut self) -> Result<&mut Broker, BoxError> {
        let second = self.second.as_mut();
        second.ok_or_else(|| "the row has no second broker".into())
    }

    /// Connects an operator to a NATS server.
    pub(crate) async fn operator(&self) -> Result<Operator, BoxError> {
        Operator::connect(&self.broker.url()).await
    }

    /// Publishes all events in the background.
    pub(crate) fn publish_all(&mut self) {
        self.publish(0..self.setup.events);
    }

    /// Publishes some events in the background.
    pub(crate) fn publish(&mut self, numbers: Range<u64>) {
        let connection = &self.connection;
        self.publishing.add(connection, &self.setup, numbers, 1);
    }

    /// Publishes every event, and then each of them again.
    pub(crate) fn publish_all_twice(&mut self) {
        let (connection, numbers) = (&self.connection, 0..self.setup.events);
        self.publishing.add(connection, &self.setup, numbers, 2);
    }

    pub(crate) fn start_worker(&mut self) -> Result<&mut WorkerProcess, BoxError> {
        self.count += 1;
        let effects = format!("{}.effects", self.count);
        self.setup.worker.effects = self.folder.0.join(effects);
        let worker = WorkerProcess::start(&self.setup.worker, &self.notes)?;
        self.workers.push(worker);
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
    pub(crate) fn allow_mix_ups(&mut self, times: u64) {
        if self.broker.is_old_nats() {
            let why = "NATS before 2.10 may deliver others than the returned messages";
            self.allow(times, 1, why);
        }
    }

    /// Allows what is repeated when connections of the workers to the broker were lost, or no longer answer.
    ///
    /// A process remembers which events it could not acknowledge, and repeats no other effect. NATS confirms
    /// acknowledgements. RabbitMQ does not, so that those on a lost connection count as sent.
    pub(crate) fn allow_lost_connections(&mut self, times: u64) {
        match self.setup.broker {
            BrokerKind::Nats => self.allow(
                times,
                1,
                "an event that failed, and whose return arrived after its redelivery",
            ),
            BrokerKind::RabbitMq => self.allow(
                times,
                in_hand(),
                "events in flight, whose acknowledgements RabbitMQ does not confirm",
            ),
        }
    }

    /// Allows what is repeated because an event was published again, on a broker that detects no duplicates.
    fn allow_republished(&mut self) {
        let failures = self.publishing.failures();
        if self.setup.broker == BrokerKind::RabbitMq && failures > 0 {
            let why = "events published again, because the broker did not confirm them";
            self.allow(failures, HANDLERS.len() as u64, why);
        }
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
            if self.is_stuck {
                self.note_consumers().await;
            }
        }
        Ok(())
    }

    /// Notes the state of the consumers on a NATS server, which tells whether it has events for them.
    async fn note_consumers(&self) {
        if self.broker.kind() != BrokerKind::Nats {
            return;
        }
        for handler in HANDLERS {
            let state = async { self.operator().await?.consumer(handler).await };
            let state = state
                .await
                .map_or_else(|error| error.to_string(), |own| own.to_string());
            self.notes
                .add(format!("the consumer of `{handler}` is stuck: {state}"));
        }
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
        let place = self.setup.worker.broker.place.clone();
        let elsewhere = self.setup.worker.letters.clone();
        // Not through a proxy.
        let broker = elsewhere.unwrap_or_else(|| self.broker.config(&place));
        let expected = self.setup.pairs(Fate::Dead).count() as u64;
        let (mut found, mut since) = (Letters::default(), Instant::now());
        loop {
            match Letters::on(&broker, &self.setup).await {
                // A broker that was just started may not answer yet.
                Err(error) if error.is_retriable() && since.elapsed() < PATIENCE => {}
                Err(error) => return Err(error.into()),
                Ok(now) if now != found => (found, since) = (now, Instant::now()),
                Ok(_) => {}
            }
            if found.different >= expected || since.elapsed() >= PATIENCE {
                return Ok(found);
            }
            sleep(Duration::from_millis(500)).await;
        }
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
        self.allow_republished();
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
            notes: self.notes,
        })
    }
}

/// Returns the number of events that a worker has received: those that its handlers work on, and
/// the same number that wait for a handler, or for the broker to confirm their acknowledgement.
pub(crate) fn in_hand() -> u64 {
    HANDLERS.len() as u64 * u64::from(CONCURRENCY) * 2
}
