//! `eventkit letters list` and `show`.

use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use eventkit_service::DeadLetter;

use super::select::{SelectArguments, Selection};
use super::service::{MAX_LETTERS, ServiceArguments};
use super::shown::Shown;
use super::table;
use crate::failure::{Failure, Status};
use crate::output::{self, Output};
use crate::progress::Progress;
use crate::signals::until_done;

/// The number of dead letters that are in memory at a time.
const PAGE_SIZE: usize = 100;

/// Lists dead letters, the oldest first
///
/// The output is a table on a terminal, and JSON Lines otherwise. The exit code is 1 if there is none.
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    service: ServiceArguments,
    #[command(flatten)]
    select: SelectArguments,
    /// The maximum number of dead letters
    #[arg(long, value_name = "LETTERS", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// List all dead letters, up to 10,000
    #[arg(long, conflicts_with = "limit")]
    all: bool,
}

/// Shows the dead letters of an event with its data, as JSON
///
/// The exit code is 1 if there is none.
#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    service: ServiceArguments,
    #[command(flatten)]
    select: SelectArguments,
}

impl List {
    pub(super) async fn run(self, output: &mut Output) -> Result<(), Failure> {
        let limit = if self.all {
            usize::MAX
        } else {
            self.limit as usize
        };
        print(
            &self.service,
            &self.select.parse(&self.service)?,
            limit,
            output,
            print_page,
        )
        .await
    }
}

impl Show {
    pub(super) async fn run(self, output: &mut Output) -> Result<(), Failure> {
        if self.select.is_empty() {
            return Err(Failure::usage(
                "select the dead letters to show, for instance with --id",
            ));
        }
        let select = self.select.parse(&self.service)?;
        print(&self.service, &select, usize::MAX, output, print_whole).await
    }
}

/// Prints some dead letters of a service.
type Print = fn(&[DeadLetter], &ServiceArguments, &mut Output) -> Result<(), Failure>;

/// Prints the selected dead letters page by page; returns a negative failure if there is none.
pub(super) async fn print(
    service: &ServiceArguments,
    select: &Selection<'_>,
    limit: usize,
    output: &mut Output,
    print: Print,
) -> Result<(), Failure> {
    let is_interrupted = AtomicBool::new(false);
    let reading = read(service, select, limit, output, print, &is_interrupted);
    let Reading {
        found,
        was_read,
        unread,
    } = until_done(&is_interrupted, reading).await?;
    if is_interrupted.into_inner() {
        return Err(Failure::reported(Status::Interrupted));
    }
    if unread > 0 && found < limit {
        output::warn(format_args!(
            "{unread} dead letters are missing: another reader has them, such as a tool or a replay"
        ));
    }
    if was_read >= MAX_LETTERS {
        output::warn(format_args!(
            "only the first {MAX_LETTERS} dead letters were read"
        ));
    }
    if found > 0 {
        return Ok(());
    }
    output::note("no dead letters");
    Err(Failure::reported(Status::Negative))
}

/// The result of reading dead letters.
struct Reading {
    found: usize,
    was_read: usize,
    /// The number of dead letters that another reader has.
    unread: u64,
}

async fn read(
    service: &ServiceArguments,
    select: &Selection<'_>,
    limit: usize,
    output: &mut Output,
    print: Print,
    is_interrupted: &AtomicBool,
) -> Result<Reading, Failure> {
    let letters = service.open().await?;
    let mut pages = letters.pages(PAGE_SIZE).await?;
    let progress = Progress::counting("read", "dead letters");
    let (mut found, mut was_read) = (0, 0);
    let result = loop {
        if is_interrupted.load(Ordering::Relaxed) {
            break Ok(());
        }
        let mut page = match pages.next().await {
            Ok(Some(page)) => page,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error.into()),
        };
        was_read += page.len();
        progress.increase(page.len());
        page.retain(|letter| select.selects(letter));
        page.truncate(limit - found);
        found += page.len();
        if !page.is_empty()
            && let Err(failure) = progress.pause(|| print(&page, service, output))
        {
            break Err(failure);
        }
        if found == limit {
            output::note(format_args!(
                "the list ends after {limit}; --all lists all dead letters"
            ));
            break Ok(());
        }
    };
    let unread = match was_read {
        MAX_LETTERS.. => 0,
        _ => pages.unread().unwrap_or(0),
    };
    pages.close().await;
    result.map(|()| Reading {
        found,
        was_read,
        unread,
    })
}

/// Prints dead letters as a table or JSON Lines.
pub(super) fn print_page(
    letters: &[DeadLetter],
    service: &ServiceArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    if !output.is_json() {
        let table = table::of_letters(letters, &service.service, output);
        return output.line(table);
    }
    for letter in letters {
        output.json(&Shown::new(letter)?)?;
    }
    Ok(())
}

/// Prints dead letters as JSON, indented for people.
fn print_whole(
    letters: &[DeadLetter],
    _: &ServiceArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    for letter in letters {
        let shown = Shown::new(letter)?;
        if output.is_json() {
            output.json(&shown)?;
            continue;
        }
        // Through a value, so that the event is indented too.
        let value =
            serde_json::to_value(&shown).and_then(|value| serde_json::to_string_pretty(&value));
        let text = value.map_err(|error| Failure::data(error.to_string()))?;
        output.line(text)?;
    }
    Ok(())
}
