//! Cleaning up after a test process, however it ends.

use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A shell that runs a script once this process has ended, even by a signal.
///
/// The server and the files that the tests of a suite share are in statics, which are never dropped.
#[derive(Debug)]
pub struct Guard(
    #[expect(
        dead_code,
        reason = "its standard input is open as long as this process runs"
    )]
    Child,
);

impl Guard {
    /// Starts the shell. The script gets the path as `$1`.
    ///
    /// # Panics
    ///
    /// Panics if the shell does not start.
    #[must_use]
    pub fn new(script: &str, path: &Path) -> Self {
        let shell = Command::new("sh")
            .arg("-c")
            .arg(format!("read -r _; {script}"))
            .arg("guard")
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(shell.expect("sh should start"))
    }
}
