//! Builds the examples, once for the whole suite.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

/// Returns a command that runs an example.
pub(crate) fn command(name: &str) -> Command {
    static BINARIES: OnceLock<HashMap<String, PathBuf>> = OnceLock::new();
    let path = BINARIES.get_or_init(build).get(name);
    Command::new(path.unwrap_or_else(|| panic!("there is no example {name:?}")))
}

/// Runs an example to its end.
pub(crate) fn run(name: &str, arguments: &[&str]) -> Output {
    command(name)
        .args(arguments)
        .output()
        .expect("it can be started")
}

/// Returns what a program printed, with the line ends of this platform's Rust: `\n`.
pub(crate) fn text(printed: &[u8]) -> &str {
    std::str::from_utf8(printed).expect("it prints text")
}

/// Builds the examples and asks cargo where they are, so that any target directory will do.
fn build() -> HashMap<String, PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new(env!("CARGO"))
        .current_dir(workspace)
        .args([
            "build",
            "--quiet",
            "--package",
            "eventkit-examples",
            "--bins",
        ])
        .arg("--message-format=json-render-diagnostics")
        .output()
        .expect("cargo can be started");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "the examples do not build:\n{errors}"
    );
    text(&output.stdout).lines().filter_map(binary).collect()
}

/// Reads the name and the path of a program from a message of cargo.
fn binary(message: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(message).ok()?;
    let path = message["executable"].as_str()?;
    let name = message["target"]["name"].as_str()?;
    Some((name.to_owned(), path.into()))
}
