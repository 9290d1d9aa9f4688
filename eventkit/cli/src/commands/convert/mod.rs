//! `eventkit convert`.

mod encoding;
mod http_text;

use std::fs;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::Args;
use eventkit::Limits;

use self::encoding::Encoding;
use crate::failure::Failure;
use crate::input;
use crate::output::Output;

const EXAMPLES: &str = "\
Examples:
  eventkit convert --to protobuf event.json event.pb
  eventkit convert --from protobuf event.pb
  eventkit convert --to http event.json
  eventkit convert --from http --to json request.txt
  eventkit convert --to json-batch < events.jsonl

The HTTP encodings are messages as text: an optional start line, headers, an empty line, and the body. All three are \
read by their content type. Avro has no batches.";

/// Converts events from one format or content mode to another
///
/// Nothing is written unless all events can be converted. Up to 10,000 events are converted at a time.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Convert {
    /// The encoding of the input
    #[arg(long, value_name = "ENCODING", default_value = "json")]
    from: Encoding,
    /// The encoding of the output
    #[arg(long, value_name = "ENCODING", default_value = "json")]
    to: Encoding,
    /// The input; the standard input by default
    input: Option<PathBuf>,
    /// The output; the standard output by default
    #[arg(value_name = "OUTPUT")]
    target: Option<PathBuf>,
}

impl Convert {
    pub(crate) fn run(self, output: &mut Output) -> Result<(), Failure> {
        if self.target.is_none() && self.to.is_binary() && io::stdout().is_terminal() {
            return Err(Failure::usage(
                "the output is binary: name a file, or redirect the output",
            ));
        }
        let reader = input::open(self.input.as_ref())?;
        let events = self.from.decode(reader)?;
        if events.is_empty() {
            return Err(Failure::data("the input contains no event"));
        }
        let encoded = self.to.encode(&events)?;
        match &self.target {
            Some(path) => {
                let written = fs::write(path, &encoded);
                written.map_err(|error| Failure::file(path.display(), &error))
            }
            None => output.bytes(&encoded),
        }
    }
}

/// The maximum number of events, as in a batch.
const MAX_EVENTS: usize = Limits::DEFAULT.batch_events;
