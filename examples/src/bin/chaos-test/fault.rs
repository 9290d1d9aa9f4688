//! What happens to the workers and the broker, fault by fault.

use std::error::Error;
use std::time::Duration;

use crate::environment::Environment;
use crate::events::HANDLERS;

/// How many events a handler works on at once, unless it says otherwise.
const CONCURRENCY: u64 = 16;

/// How often a process is killed or asked to stop.
const TIMES: u64 = 4;

/// How long the network is cut: longer than a worker needs to notice.
const CUT: Duration = Duration::from_secs(6);

/// Returns whether an event of the rows with poison is none that a handler could take.
pub(crate) fn is_poison(number: u64) -> bool {
    number % 100 == 3
}

/// Is something that goes wrong in production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Nothing,
    KilledBeforeAck,
    KilledMidHandler,
    Terminated,
    BrokerKilled,
    NetworkCut,
    PublishedTwice,
    Poison,
    Panic,
    LettersDown,
    JoinAndLeave,
}

impl Fault {
    pub(crate) const ALL: [Self; 11] = [
        Self::Nothing,
        Self::KilledBeforeAck,
        Self::KilledMidHandler,
        Self::Terminated,
        Self::BrokerKilled,
        Self::NetworkCut,
        Self::PublishedTwice,
        Self::Poison,
        Self::Panic,
        Self::LettersDown,
        Self::JoinAndLeave,
    ];

    /// Returns the name for the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::KilledBeforeAck => "before-ack",
            Self::KilledMidHandler => "mid-handler",
            Self::Terminated => "terminate",
            Self::BrokerKilled => "broker",
            Self::NetworkCut => "network",
            Self::PublishedTwice => "twice",
            Self::Poison => "poison",
            Self::Panic => "panic",
            Self::LettersDown => "letters-down",
            Self::JoinAndLeave => "join-leave",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }

    /// Returns the name for the table.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::KilledBeforeAck => "worker SIGKILL before ack, 4 times",
            Self::KilledMidHandler => "worker SIGKILL in handler, 4 times",
            Self::Terminated => "SIGTERM under load, 4 times",
            Self::BrokerKilled => "nats-server SIGKILL, twice",
            Self::NetworkCut => "network cut for 6 s, twice",
            Self::PublishedTwice => "every event published twice",
            Self::Poison => "1% poison",
            Self::Panic => "handler panics for 1%",
            Self::LettersDown => "dead letters down, 1% poison",
            Self::JoinAndLeave => "workers join and leave",
        }
    }

    /// Returns how much work may be done again, and why.
    ///
    /// NATS before 2.10 sometimes gives out another message in the place of one that was handed
    /// back, and workers that stop hand back what they have not begun.
    pub(crate) fn bound(self, server_mixes_up: bool) -> (u64, &'static str) {
        let handlers = HANDLERS.len() as u64;
        match self {
            Self::Terminated | Self::JoinAndLeave if server_mixes_up => (
                TIMES * handlers * CONCURRENCY,
                "what NATS before 2.10 gave out in the place of what was handed back",
            ),
            Self::KilledBeforeAck | Self::KilledMidHandler => (
                TIMES * handlers * CONCURRENCY,
                "what a killed worker had done and not acknowledged",
            ),
            Self::BrokerKilled => (
                2 * handlers * 1_000,
                "an acknowledgement that the killed broker had not written",
            ),
            Self::NetworkCut => (
                2 * handlers * CONCURRENCY,
                "what was done when the acknowledgement did not get through",
            ),
            _ => (0, "none"),
        }
    }

    pub(crate) fn has_poison(self) -> bool {
        matches!(self, Self::Poison | Self::LettersDown)
    }

    /// Lets it happen, and returns when the workers are done or stuck.
    pub(crate) async fn happen(self, environment: &mut Environment) -> Result<(), Box<dyn Error>> {
        match self {
            Self::Nothing | Self::PublishedTwice | Self::Poison | Self::Panic => {
                environment.start_worker()?;
            }
            Self::KilledBeforeAck | Self::KilledMidHandler => {
                self.kill_workers(environment).await?;
            }
            Self::Terminated => {
                environment.start_worker()?;
                for time in 1..=TIMES {
                    environment.until(time, TIMES + 1).await?;
                    environment.terminate_oldest().await?;
                    environment.start_worker()?;
                }
            }
            Self::BrokerKilled => {
                environment.start_worker()?;
                for time in 1..=2 {
                    environment.until(time, 3).await?;
                    environment.server.kill();
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    environment.server.restart();
                }
            }
            Self::NetworkCut => {
                environment.start_worker()?;
                for time in 1..=2 {
                    environment.until(time, 3).await?;
                    environment.cut_network_for(CUT).await;
                }
            }
            Self::LettersDown => {
                environment.start_worker()?;
                environment.until(1, 100).await?;
                environment.letters_mut()?.kill();
                environment.until(1, 1).await?;
                environment.letters_mut()?.restart();
            }
            Self::JoinAndLeave => {
                environment.start_worker()?;
                environment.start_worker()?;
                environment.until(1, 5).await?;
                environment.start_worker()?;
                environment.until(2, 5).await?;
                environment.terminate_oldest().await?;
                environment.until(3, 5).await?;
                environment.start_worker()?;
                environment.until(4, 5).await?;
                environment.terminate_oldest().await?;
            }
        }
        environment.until(1, 1).await
    }

    /// Kills a worker each time a handler has come to a certain event.
    async fn kill_workers(self, environment: &mut Environment) -> Result<(), Box<dyn Error>> {
        let mut numbers: Vec<u64> = (1..=TIMES)
            .map(|time| environment.events * time / (TIMES + 1))
            .collect();
        while !numbers.is_empty() {
            let trap = &mut environment.orders.trap;
            let own = match self {
                Self::KilledBeforeAck => &mut trap.after,
                _ => &mut trap.before,
            };
            own.clone_from(&numbers);
            environment.start_worker()?;
            let number = environment.kill_trapped().await?;
            numbers.retain(|own| *own != number);
        }
        environment.orders.trap = crate::worker::Trap::default();
        environment.start_worker()
    }
}
