//! Builds the examples once for the whole suite.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::OnceLock;

use eventkit_tests::processes;
pub(crate) use eventkit_tests::processes::{finish, output, text};

/// Returns a command that runs an example.
pub(crate) fn command(name: &str) -> Command {
    static BINARIES: OnceLock<HashMap<String, PathBuf>> = OnceLock::new();
    let build = || processes::build("eventkit-examples");
    let path = BINARIES.get_or_init(build).get(name);
    Command::new(path.unwrap_or_else(|| panic!("there is no example {name:?}")))
}

/// Runs an example until it exits.
pub(crate) fn run(name: &str, arguments: &[&str]) -> Output {
    output(command(name).args(arguments))
}
