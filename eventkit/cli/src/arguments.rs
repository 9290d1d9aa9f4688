//! The arguments of the program.

use clap::builder::Styles;
use clap::builder::styling::AnsiColor;
use clap::{Parser, Subcommand};

#[cfg(feature = "http")]
use crate::commands::health;
use crate::commands::{completions, convert, filter, letters, listen, send, validate};
use crate::output::OutputForm;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXIT_CODES: &str = "\
Exit codes:
    0  success, or the answer is yes
    1  the answer is no: invalid or refused events, nothing found, not ready
    2  wrong arguments
    3  a broker or server cannot be reached, or refuses the connection
    4  the input cannot be read or is malformed, or the output cannot be written
  130  interrupted by a signal before all was done

Environment:
  EVENTKIT_URL    the URL, if the arguments have none
  EVENTKIT_TOKEN  the bearer token of HTTP requests
  NO_COLOR        disables colours";

/// Sends, receives, checks, converts and filters CloudEvents, and operates on dead letters.
#[derive(Debug, Parser)]
#[command(name = "eventkit", version, styles = STYLES, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// The form of results; text on a terminal, JSON Lines otherwise
    #[arg(short, long, global = true, value_name = "FORM")]
    pub(crate) output: Option<OutputForm>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Send(Box<send::Send>),
    Listen(Box<listen::Listen>),
    Validate(validate::Validate),
    Convert(convert::Convert),
    Filter(filter::Filter),
    Letters(letters::Letters),
    #[cfg(feature = "http")]
    Health(health::Health),
    Completions(completions::Completions),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
