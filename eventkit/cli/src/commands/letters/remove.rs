//! `eventkit letters replay` and `delete`.

use std::collections::HashSet;
use std::io::{self, BufRead, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use eventkit::event::Timestamp;
use eventkit::transport::{Transport, TransportError, TransportErrorKind, with_causes};
use eventkit_service::{DeadLetter, DeadLetters};
use serde_json::json;

use super::list;
use super::select::{SelectArguments, Selection};
use super::service::{MAX_LETTERS, ServiceArguments};
use crate::failure::{Failure, Status};
use crate::output::{self, Output};
use crate::progress::Progress;
use crate::signals::until_done;

/// Replays dead letters to the handlers that failed, and deletes them
///
/// A handler that does not exist is an error; its dead letters are kept. An event that fails again becomes a new dead
/// letter. The exit code is 1 if there is none to replay, or if one was refused.
#[derive(Debug, Args)]
pub(super) struct Replay {
    #[command(flatten)]
    service: ServiceArguments,
    #[command(flatten)]
    select: SelectArguments,
    /// Replay all dead letters
    #[arg(long)]
    all: bool,
    /// The maximum number of replays per second
    #[arg(long, value_name = "REPLAYS", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// The handler to replay to, if it is not the one that failed
    #[arg(long, value_name = "HANDLER")]
    to: Option<String>,
    /// List the dead letters that would be replayed
    #[arg(long)]
    dry_run: bool,
}

/// Deletes dead letters
///
/// On a terminal, the command lists them and asks. Otherwise it requires --yes. The exit code is 1 if there is none.
#[derive(Debug, Args)]
pub(super) struct Delete {
    #[command(flatten)]
    service: ServiceArguments,
    #[command(flatten)]
    select: SelectArguments,
    /// Delete all dead letters
    #[arg(long)]
    all: bool,
    /// List the dead letters that would be deleted
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

impl Replay {
    pub(super) async fn run(self, output: &mut Output) -> Result<(), Failure> {
        let select = parse(&self.select, &self.service, self.all)?;
        if self.dry_run {
            return list::print(&self.service, &select, usize::MAX, output, list::print_page).await;
        }
        let mut letters = self.service.open().await?;
        if let Some(rate) = self.rate {
            letters = letters.replay_rate(rate);
        }
        if let Some(handler) = &self.to {
            letters = letters.replay_to(self.service.durable(handler));
        }
        let choose = |letter: &DeadLetter| select.selects(letter);
        remove(&letters, Removal::Replay, &choose, output).await
    }
}

impl Delete {
    pub(super) async fn run(self, output: &mut Output) -> Result<(), Failure> {
        let select = parse(&self.select, &self.service, self.all)?;
        if self.dry_run {
            return list::print(&self.service, &select, usize::MAX, output, list::print_page).await;
        }
        let asks = !self.yes;
        if asks && !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
            return Err(Failure::usage(
                "not on a terminal: confirm with --yes, or see --dry-run",
            ));
        }
        let letters = self.service.open().await?;
        if !asks {
            return remove(
                &letters,
                Removal::Delete,
                &|letter| select.selects(letter),
                output,
            )
            .await;
        }
        let shown = show(&letters, &self.service, &select, output).await?;
        if !confirm(shown.len())? {
            output::note("nothing was deleted");
            return Err(Failure::reported(Status::Negative));
        }
        // Only those that were shown: others may have come meanwhile.
        let choose = |letter: &DeadLetter| shown.contains(&key(letter));
        remove(&letters, Removal::Delete, &choose, output).await
    }
}

fn parse<'a>(
    select: &'a SelectArguments,
    service: &ServiceArguments,
    all: bool,
) -> Result<Selection<'a>, Failure> {
    if all != select.is_empty() {
        return Err(Failure::usage(if all {
            "--all takes no condition such as --id"
        } else {
            "select dead letters, for instance with --id or --handler, or use --all"
        }));
    }
    select.parse(service)
}

/// Prints the selected dead letters, and returns their keys.
async fn show(
    letters: &DeadLetters<Box<dyn Transport>>,
    service: &ServiceArguments,
    select: &Selection<'_>,
    output: &mut Output,
) -> Result<HashSet<String>, Failure> {
    let mut listed = letters.list().await?;
    listed.retain(|letter| select.selects(letter));
    if listed.is_empty() {
        output::note("no dead letters");
        return Err(Failure::reported(Status::Negative));
    }
    list::print_page(&listed, service, output)?;
    output.flush()?;
    Ok(listed.iter().map(key).collect())
}

/// Returns a text that tells dead letters apart.
fn key(letter: &DeadLetter) -> String {
    format!("{letter} {:?} {:?}", letter.position(), letter.last_failure)
}

/// Asks whether to delete dead letters; anything but yes means no.
fn confirm(count: usize) -> Result<bool, Failure> {
    output::note(format_args!("Delete these {count} dead letters? [y/N]"));
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.map_err(|error| Failure::data(format!("failed to read the answer: {error}")))?;
    Ok(matches!(
        answer.trim().to_ascii_lowercase().as_str(),
        "y" | "yes"
    ))
}

/// How dead letters are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Removal {
    Replay,
    Delete,
}

impl Removal {
    fn done(self) -> &'static str {
        match self {
            Self::Replay => "replayed",
            Self::Delete => "deleted",
        }
    }
}

/// Removes dead letters in rounds, since one reader reads a limited number, and reports how many.
async fn remove(
    letters: &DeadLetters<Box<dyn Transport>>,
    removal: Removal,
    choose: &dyn Fn(&DeadLetter) -> bool,
    output: &mut Output,
) -> Result<(), Failure> {
    let is_interrupted = AtomicBool::new(false);
    let removed = until_done(
        &is_interrupted,
        remove_all(letters, removal, choose, &is_interrupted),
    );
    let removed = removed.await?;
    report(removal, removed, output)?;
    match (is_interrupted.into_inner(), removed) {
        (true, _) => Err(Failure::reported(Status::Interrupted)),
        (false, 0) => Err(Failure::reported(Status::Negative)),
        (false, _) => Ok(()),
    }
}

/// Returns the number of removed dead letters. Once the flag is set, no more are removed.
async fn remove_all(
    letters: &DeadLetters<Box<dyn Transport>>,
    removal: Removal,
    choose: &dyn Fn(&DeadLetter) -> bool,
    is_interrupted: &AtomicBool,
) -> Result<usize, Failure> {
    let progress = Progress::counting(removal.done(), "dead letters");
    let start = Timestamp::now().to_utc();
    let (mut removed, mut is_first) = (0, true);
    loop {
        let (mut was_read, mut chosen) = (0, 0);
        let visit = |letter: &DeadLetter| {
            was_read += 1;
            // A replay that failed meanwhile is another dead letter, which must not be replayed forever.
            let is_new = letter
                .last_failure
                .is_some_and(|last| last.to_utc() >= start);
            let is_chosen =
                !is_interrupted.load(Ordering::Relaxed) && choose(letter) && (is_first || !is_new);
            chosen += usize::from(is_chosen);
            progress.increase(is_chosen.into());
            is_chosen
        };
        removed += match removal {
            Removal::Replay => letters.replay_where(visit).await.map_err(refused)?,
            Removal::Delete => letters.delete_where(visit).await?,
        };
        is_first = false;
        if was_read < MAX_LETTERS || is_interrupted.load(Ordering::Relaxed) {
            return Ok(removed);
        }
        if chosen == 0 {
            output::warn(format_args!(
                "only the first {MAX_LETTERS} dead letters were read"
            ));
            return Ok(removed);
        }
    }
}

/// Returns the failure of a replay: a handler that does not exist is an answer of the broker.
fn refused(error: TransportError) -> Failure {
    match error.kind() {
        TransportErrorKind::Configuration => Failure::negative(with_causes(&error)),
        _ => error.into(),
    }
}

fn report(removal: Removal, removed: usize, output: &mut Output) -> Result<(), Failure> {
    if output.is_json() {
        output.json(&json!({ removal.done(): removed }))?;
    } else {
        let plural = if removed == 1 { "" } else { "s" };
        output.line(format!("{} {removed} dead letter{plural}", removal.done()))?;
    }
    Ok(())
}
