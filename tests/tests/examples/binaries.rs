//! Builds the examples once for the whole suite.

use std::process::{Command, Output};
use std::sync::OnceLock;

use eventkit_tests::processes::Programs;
pub(crate) use eventkit_tests::processes::{finish, output, text};

/// Returns a command that runs an example.
pub(crate) fn command(name: &str) -> Command {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    let programs = PROGRAMS.get_or_init(|| Programs::of("eventkit-examples"));
    Command::new(programs.path(name))
}

/// Runs an example until it exits.
pub(crate) fn run(name: &str, arguments: &[&str]) -> Output {
    output(command(name).args(arguments))
}
