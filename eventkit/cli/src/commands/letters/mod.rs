//! `eventkit letters`.

mod count;
mod list;
mod remove;
mod select;
mod service;
mod shown;
mod table;

use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::output::Output;

const EXAMPLES: &str = "\
Examples:
  eventkit letters count  nats://localhost:4222/shop --service billing
  eventkit letters list   nats://localhost:4222/shop --service billing --handler receipt
  eventkit letters show   nats://localhost:4222/shop --service billing --id A-1
  eventkit letters replay nats://localhost:4222/shop --service billing --error timeout --rate 10
  eventkit letters delete nats://localhost:4222/shop --service billing --type 'co.outcome.test.*' --yes

With EVENTKIT_URL, the URL can be left out.";

/// Lists, replays and deletes the dead letters of a service on NATS or RabbitMQ
///
/// A dead letter is an event that a handler failed to handle, or a message that is not an event. While a command reads
/// the dead letters, other readers do not see them.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Letters {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Count(count::Count),
    List(list::List),
    Show(list::Show),
    Replay(Box<remove::Replay>),
    Delete(Box<remove::Delete>),
}

impl Letters {
    pub(crate) async fn run(self, output: &mut Output) -> Result<(), Failure> {
        match self.command {
            Command::Count(command) => command.run(output).await,
            Command::List(command) => command.run(output).await,
            Command::Show(command) => command.run(output).await,
            Command::Replay(command) => command.run(output).await,
            Command::Delete(command) => command.run(output).await,
        }
    }
}
