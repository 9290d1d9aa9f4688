//! `eventkit validate`.

use std::path::PathBuf;

use clap::Args;
use eventkit::LenientEvent;
use eventkit::event::Violation;
use eventkit::format::{Format, Json};
use eventkit::transport::with_causes;
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::input::{self, Found, Place};
use crate::output::{self, BOLD, Output, RED};

const EXAMPLES: &str = "\
Examples:
  eventkit validate event.json
  eventkit validate < events.jsonl
  eventkit validate --output json fixtures/*.json | jq .path";

/// Checks events in JSON, and prints each violation of the specification
///
/// The input is an event, a batch, or JSON Lines. The exit code is 0 if all events are valid, and 1 if one is not.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Validate {
    /// The files; the standard input by default
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// A line of the output.
#[derive(Debug, Serialize)]
struct Finding<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    /// A JSON Pointer into the event; empty for the whole event.
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    section: Option<&'a str>,
    message: String,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    invalid: usize,
}

impl Validate {
    pub(crate) fn run(self, output: &mut Output) -> Result<(), Failure> {
        let mut counts = Counts::default();
        if self.files.is_empty() {
            let reader = input::open(None)?;
            input::read(reader, &mut |found| check(None, found, &mut counts, output))?;
        }
        for path in &self.files {
            let reader = input::open(Some(path))?;
            let name = path.to_string_lossy();
            input::read(reader, &mut |found| {
                check(Some(&name), found, &mut counts, output)
            })?;
        }
        output.flush()?;
        match counts {
            Counts { all: 0, .. } => Err(Failure::data("the input contains no event")),
            Counts { all, invalid: 0 } => {
                output::note(format_args!("{}, all valid", events(all)));
                Ok(())
            }
            Counts { all, invalid } => {
                output::note(format_args!("{}, {invalid} invalid", events(all)));
                Err(Failure::reported(Status::Negative))
            }
        }
    }
}

/// Returns the number of events as text.
fn events(count: usize) -> String {
    format!("{count} event{}", if count == 1 { "" } else { "s" })
}

fn check(
    file: Option<&str>,
    found: Found,
    counts: &mut Counts,
    output: &mut Output,
) -> Result<(), Failure> {
    counts.all += 1;
    let Found { place, json } = found;
    let decoded = json.and_then(|json| {
        let decoded = Json.decode_lenient(json);
        decoded.map_err(|error| with_causes(&error))
    });
    match decoded {
        Ok(event) if event.violations().is_empty() => Ok(()),
        Ok(event) => {
            counts.invalid += 1;
            print_violations(file, place, &event, output)
        }
        Err(reason) => {
            counts.invalid += 1;
            Finding::at(file, place, reason).print(place, output)
        }
    }
}

fn print_violations(
    file: Option<&str>,
    place: Place,
    event: &LenientEvent,
    output: &mut Output,
) -> Result<(), Failure> {
    let id = event.attribute("id");
    for violation in event.violations() {
        let finding = Finding {
            id: id.as_deref(),
            path: pointer(violation),
            value: violation.value(),
            expected: Some(violation.expected()),
            section: Some(violation.section()),
            ..Finding::at(file, place, violation.to_string())
        };
        finding.print(place, output)?;
    }
    Ok(())
}

/// Returns the JSON Pointer of the attribute.
fn pointer(violation: &Violation) -> String {
    let name = violation.attribute();
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

impl<'a> Finding<'a> {
    fn at(file: Option<&'a str>, place: Place, message: String) -> Self {
        Self {
            file,
            line: place.line,
            index: place.index,
            id: None,
            path: String::new(),
            value: None,
            expected: None,
            section: None,
            message,
        }
    }

    fn print(&self, place: Place, output: &mut Output) -> Result<(), Failure> {
        if output.is_json() {
            return output.json(self);
        }
        let place = match self.file {
            Some(file) => output.styled(BOLD, format_args!("{file}: {place}")),
            None => output.styled(BOLD, place),
        };
        let label = output.styled(RED, "invalid");
        // A name or a value of the input must not break the line.
        let message = self.message.replace(char::is_control, " ");
        output.line(format!("{place}: {label}: {message}"))
    }
}
