//! The output of commands: events and results on the standard output, messages on the standard error.

use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use serde::Serialize;

use crate::failure::Failure;

pub(crate) const RED: Style = AnsiColor::Red.on_default().bold();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();

/// The form of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputForm {
    /// For people; the default on a terminal
    Text,
    /// One JSON value per line; the default everywhere else
    Json,
}

/// The standard output.
#[derive(Debug)]
pub(crate) struct Output {
    writer: BufWriter<Stdout>,
    form: OutputForm,
    has_colors: bool,
}

impl Output {
    pub(crate) fn new(form: Option<OutputForm>) -> Self {
        let stdout = io::stdout();
        let default = if stdout.is_terminal() {
            OutputForm::Text
        } else {
            OutputForm::Json
        };
        Self {
            has_colors: AutoStream::choice(&stdout) != ColorChoice::Never,
            form: form.unwrap_or(default),
            writer: BufWriter::new(stdout),
        }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.form == OutputForm::Json
    }

    /// Returns a text in a style, if the output shows colours.
    pub(crate) fn styled(&self, style: Style, text: impl Display) -> String {
        if self.has_colors {
            format!("{style}{text}{style:#}")
        } else {
            text.to_string()
        }
    }

    /// Writes bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = self.writer.write_all(bytes);
        written.map_err(|error| Failure::output(&error))
    }

    /// Writes a line.
    pub(crate) fn line(&mut self, line: impl AsRef<[u8]>) -> Result<(), Failure> {
        self.bytes(line.as_ref())?;
        self.bytes(b"\n")
    }

    /// Writes a value as a line of JSON.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let line = serde_json::to_vec(value).map_err(|error| {
            Failure::data(format!("failed to encode the output as JSON: {error}"))
        })?;
        self.line(line)
    }

    /// Passes everything on to the reader of the output.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        let flushed = self.writer.flush();
        flushed.map_err(|error| Failure::output(&error))
    }
}

/// Writes a message to the standard error. Nothing can be done if that is closed.
pub(crate) fn note(message: impl Display) {
    drop(writeln!(io::stderr(), "{message}"));
}

/// Writes a warning to the standard error.
pub(crate) fn warn(message: impl Display) {
    labelled(YELLOW, "warning", message);
}

/// Writes an error to the standard error.
pub(crate) fn error(message: impl Display) {
    labelled(RED, "error", message);
}

fn labelled(style: Style, label: &str, message: impl Display) {
    drop(writeln!(
        anstream::stderr(),
        "{style}{label}:{style:#} {message}"
    ));
}
