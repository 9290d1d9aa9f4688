//! The entry point.

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use eventkit::format;
use eventkit_formats::avro::Avro;
use eventkit_formats::protobuf::Protobuf;
use eventkit_formats::xml::Xml;
use tokio::runtime::{Builder, Runtime};

use crate::arguments::{Arguments, Command};
use crate::failure::Failure;
use crate::output::{self, Output};

/// Runs the program with the arguments of the process, and returns its exit code.
///
/// The exit codes are listed in the [documentation of the crate](crate#exit-codes).
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     eventkit_cli::main()
/// }
/// ```
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    register_formats();
    let mut output = Output::new(arguments.output);
    let result = run(arguments.command, &mut output).and_then(|()| output.flush());
    let Err(failure) = result else {
        return ExitCode::SUCCESS;
    };
    // What was found before the failure is part of the result. The failure is reported even if the output is closed.
    drop(output.flush());
    if let Some(message) = &failure.message {
        output::error(message);
    }
    failure
        .status
        .map_or(ExitCode::SUCCESS, |status| ExitCode::from(status as u8))
}

/// Registers the formats besides JSON, so that bindings decode events of every sender.
fn register_formats() {
    let registered = [
        format::register(Avro),
        format::register(Protobuf),
        format::register(Xml),
    ];
    // An error means that the program around this function has registered its own.
    drop(registered);
}

fn run(command: Command, output: &mut Output) -> Result<(), Failure> {
    match command {
        Command::Validate(command) => command.run(output),
        Command::Convert(command) => command.run(output),
        Command::Filter(command) => command.run(output),
        Command::Completions(command) => command.run(Arguments::command(), output),
        Command::Send(command) => block_on(command.run(output)),
        Command::Listen(command) => block_on(command.run(output)),
        Command::Letters(command) => block_on(command.run(output)),
        #[cfg(feature = "http")]
        Command::Health(command) => block_on(command.run(output)),
    }
}

/// Runs a command to its end, without waiting for requests that it no longer waits for.
fn block_on(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = runtime()?;
    let result = runtime.block_on(command);
    runtime.shutdown_background();
    result
}

/// Creates the runtime. Its threads keep connections alive while the reader of the output is slow.
fn runtime() -> Result<Runtime, Failure> {
    let built = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    built.map_err(|error| Failure::data(format!("failed to start the runtime: {error}")))
}
