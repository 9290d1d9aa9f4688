//! `eventkit filter`.

use std::path::PathBuf;

use clap::Args;
use eventkit::Event;
use eventkit::filter::cesql::{Expression, Step};
use eventkit::format::{Format, Json};
use eventkit::transport::with_causes;
use serde_json::{Value, json};

use crate::failure::{Failure, Status};
use crate::input::{self, Found, Place};
use crate::output::{self, BOLD, GREEN, Output, RED, YELLOW};

const EXAMPLES: &str = "\
Examples:
  eventkit filter \"type LIKE 'co.outcome.order.%'\" events.jsonl
  eventkit filter \"EXISTS priority AND priority > 3\" < events.jsonl | eventkit send https://example.com/events
  eventkit filter --explain \"subject LIKE 'eu-%'\" event.json";

/// Prints the events that match an expression of CloudEvents SQL
///
/// The input is an event, a batch, or JSON Lines; the output is JSON Lines. The exit code is 0 if an event matches,
/// and 1 if none does. An expression that refers to an absent attribute does not match.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Filter {
    /// The expression
    #[arg(value_name = "CESQL")]
    expression: String,
    /// The file; the standard input by default
    file: Option<PathBuf>,
    /// Print the value of each part of the expression, instead of the events
    #[arg(long)]
    explain: bool,
}

#[derive(Debug, Default)]
struct Counts {
    matching: usize,
    invalid: usize,
    /// The number of events for which the expression has an error.
    failed: usize,
    first_error: Option<String>,
}

/// Parses an expression; the failure marks the position of the error.
pub(crate) fn parse(expression: &str) -> Result<Expression, Failure> {
    expression
        .parse()
        .map_err(|error: eventkit::filter::cesql::ParseError| {
            Failure::usage(format!(
                "the filter is malformed: {error}\n{}",
                error.caret()
            ))
        })
}

impl Filter {
    pub(crate) fn run(self, output: &mut Output) -> Result<(), Failure> {
        let expression = parse(&self.expression)?;
        let reader = input::open(self.file.as_ref())?;
        let mut counts = Counts::default();
        input::read(reader, &mut |found| {
            let Some((place, event)) = decode(found, &mut counts) else {
                return Ok(());
            };
            if self.explain {
                explain(place, &event, &expression, &mut counts, output)
            } else {
                select(&event, &expression, &mut counts, output)
            }
        })?;
        output.flush()?;
        counts.finish()
    }
}

/// Decodes an event; reports one that is invalid.
fn decode(found: Found, counts: &mut Counts) -> Option<(Place, Event)> {
    let Found { place, json } = found;
    let decoded = json.and_then(|json| {
        let decoded = Json.decode(json);
        decoded.map_err(|error| with_causes(&error))
    });
    match decoded {
        Ok(event) => Some((place, event)),
        Err(reason) => {
            counts.invalid += 1;
            output::error(format_args!("{place}: {reason}"));
            None
        }
    }
}

fn select(
    event: &Event,
    expression: &Expression,
    counts: &mut Counts,
    output: &mut Output,
) -> Result<(), Failure> {
    let evaluation = expression.evaluate(event);
    counts.add(evaluation.passes(), evaluation.errors.first());
    if !evaluation.passes() {
        return Ok(());
    }
    output.line(encode(event)?)
}

/// Encodes an event on one line.
pub(crate) fn encode(event: &Event) -> Result<Vec<u8>, Failure> {
    let encoded = Json.encode(event);
    let encoded = encoded.map_err(|error| {
        Failure::negative(format!("failed to encode {event}: {}", with_causes(&error)))
    })?;
    Ok(one_line(&encoded))
}

/// Replaces the line breaks of JSON, which are only between its tokens.
fn one_line(json: &[u8]) -> Vec<u8> {
    let mut line = json.to_vec();
    for byte in &mut line {
        if matches!(*byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
    line
}

fn explain(
    place: Place,
    event: &Event,
    expression: &Expression,
    counts: &mut Counts,
    output: &mut Output,
) -> Result<(), Failure> {
    let explanation = expression.explain(event);
    let evaluation = explanation.evaluation();
    let passes = evaluation.passes();
    counts.add(passes, evaluation.errors.first());
    if output.is_json() {
        let steps: Vec<Value> = explanation.steps().iter().map(step).collect();
        return output.json(&json!({
            "line": place.line, "index": place.index, "id": event.id(), "source": event.source(),
            "matches": passes, "steps": steps,
        }));
    }
    let result = match (passes, evaluation.errors.is_empty()) {
        (true, _) => output.styled(GREEN, "matches"),
        (false, true) => output.styled(RED, "does not match"),
        (false, false) => output.styled(YELLOW, "does not match, because of an error"),
    };
    let heading = output.styled(BOLD, format_args!("{place}, {event}"));
    output.line(format!("{heading}: {result}"))?;
    for line in explanation.to_string().lines() {
        output.line(format!("  {line}"))?;
    }
    Ok(())
}

fn step(step: &Step) -> Value {
    let errors: Vec<String> = step.errors.iter().map(ToString::to_string).collect();
    json!({
        "depth": step.depth,
        "part": step.part,
        "evaluated": step.evaluated,
        "value": step.value.as_ref().map(value),
        "errors": errors,
    })
}

fn value(value: &eventkit::filter::cesql::Value<'_>) -> Value {
    use eventkit::filter::cesql::Value as Own;
    match value {
        Own::Boolean(flag) => Value::from(*flag),
        Own::Integer(number) => Value::from(*number),
        Own::String(text) => Value::from(text.as_ref()),
    }
}

impl Counts {
    fn add(&mut self, passes: bool, error: Option<&impl ToString>) {
        self.matching += usize::from(passes);
        if let Some(error) = error {
            self.failed += 1;
            self.first_error.get_or_insert_with(|| error.to_string());
        }
    }

    fn finish(self) -> Result<(), Failure> {
        if let Some(error) = &self.first_error {
            output::warn(format_args!(
                "the expression has an error for {} of the events: {error}",
                self.failed
            ));
        }
        if self.invalid > 0 {
            let verb = if self.invalid == 1 { "is" } else { "are" };
            output::note(format_args!(
                "{} of the events {verb} invalid",
                self.invalid
            ));
            return Err(Failure::reported(Status::Data));
        }
        if self.matching == 0 {
            return Err(Failure::reported(Status::Negative));
        }
        Ok(())
    }
}
