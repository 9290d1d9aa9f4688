//! Builds the examples once for the whole suite.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A time limit that no example comes close to.
const PATIENCE: Duration = Duration::from_mins(10);

/// Returns a command that runs an example.
pub(crate) fn command(name: &str) -> Command {
    static BINARIES: OnceLock<HashMap<String, PathBuf>> = OnceLock::new();
    let path = BINARIES.get_or_init(build).get(name);
    Command::new(path.unwrap_or_else(|| panic!("there is no example {name:?}")))
}

/// Runs an example until it exits.
pub(crate) fn run(name: &str, arguments: &[&str]) -> Output {
    output(command(name).args(arguments))
}

/// Runs a command until it exits.
pub(crate) fn output(command: &mut Command) -> Output {
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    finish(command.spawn().expect("the command should start"))
}

/// Waits for a process to exit, and kills it after the time limit.
pub(crate) fn finish(mut child: Child) -> Output {
    let (stdout, stderr) = (
        Printed::of(child.stdout.take()),
        Printed::of(child.stderr.take()),
    );
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("the process should be waitable") {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().expect("the process should be killable");
            let (said, complained) = (stdout.so_far(), stderr.so_far());
            let said = [&said, &complained].map(|bytes| String::from_utf8_lossy(bytes));
            panic!(
                "the process did not exit within {PATIENCE:?}; its output:\n{}",
                said.join("\n")
            );
        }
        thread::sleep(Duration::from_millis(10));
    };
    Output {
        status,
        stdout: stdout.all(),
        stderr: stderr.all(),
    }
}

/// The output of a process, read while it runs.
struct Printed {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Printed {
    fn of(pipe: Option<impl Read + Send + 'static>) -> Self {
        let bytes = Arc::default();
        let (mut own, into) = (pipe, Arc::clone(&bytes));
        let read = move || {
            let mut piece = [0; 4096];
            while let Some(pipe) = &mut own {
                match pipe.read(&mut piece).expect("it prints") {
                    0 => break,
                    some => lock(&into).extend_from_slice(&piece[..some]),
                }
            }
        };
        Self {
            bytes,
            reader: thread::spawn(read),
        }
    }

    /// Returns the output so far, even if child processes keep the pipe open.
    fn so_far(&self) -> Vec<u8> {
        lock(&self.bytes).clone()
    }

    fn all(self) -> Vec<u8> {
        self.reader.join().expect("the output should be readable");
        std::mem::take(&mut *lock(&self.bytes))
    }
}

fn lock(bytes: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    bytes.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the output of a program as text.
pub(crate) fn text(printed: &[u8]) -> &str {
    std::str::from_utf8(printed).expect("the output should be text")
}

/// Builds the examples, and asks cargo for their paths, so that any target directory works.
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
        .expect("cargo should start");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "the examples do not build:\n{errors}"
    );
    text(&output.stdout).lines().filter_map(binary).collect()
}

/// Parses the name and the path of a program from a message of cargo.
fn binary(message: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(message).ok()?;
    let path = message["executable"].as_str()?;
    let name = message["target"]["name"].as_str()?;
    Some((name.to_owned(), path.into()))
}
