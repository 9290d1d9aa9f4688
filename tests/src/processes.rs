//! Programs of the workspace, built and run by tests.

use std::collections::HashMap;
use std::env;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A time limit that no program comes close to.
const PATIENCE: Duration = Duration::from_mins(10);

/// Runs a command until it exits.
///
/// # Panics
///
/// Panics if it does not start, or does not exit within the time limit.
#[must_use]
pub fn output(command: &mut Command) -> Output {
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    finish(command.spawn().expect("the command should start"))
}

/// Waits for a process to exit, and kills it after the time limit.
///
/// # Panics
///
/// Panics if it does not exit within the time limit.
#[must_use]
pub fn finish(mut child: Child) -> Output {
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
///
/// # Panics
///
/// Panics if it is not UTF-8.
#[must_use]
pub fn text(printed: &[u8]) -> &str {
    std::str::from_utf8(printed).expect("the output should be text")
}

/// The variable with the folder of programs that were built together with the suites. A package that is built
/// alone has other features, so that nearly all of its dependencies are built again.
const PROGRAMS: &str = "EVENTKIT_PROGRAMS";

/// The programs of a package.
#[derive(Debug)]
pub enum Programs {
    /// All programs are in one folder.
    In(PathBuf),
    /// The paths that cargo has reported, by name.
    At(HashMap<String, PathBuf>),
}

impl Programs {
    /// Returns the programs of a package, which are built unless the variable `EVENTKIT_PROGRAMS` names their folder.
    ///
    /// # Panics
    ///
    /// Panics if the package does not build.
    #[must_use]
    pub fn of(package: &str) -> Self {
        match env::var_os(PROGRAMS) {
            Some(folder) => Self::In(folder.into()),
            None => Self::At(build(package)),
        }
    }

    /// Returns the path of a program.
    ///
    /// # Panics
    ///
    /// Panics if the package has no program with this name.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        let path = match self {
            Self::In(folder) => Some(folder.join(name)).filter(|path| path.exists()),
            Self::At(paths) => paths.get(name).cloned(),
        };
        path.unwrap_or_else(|| panic!("there is no program {name:?} in {self:?}"))
    }
}

/// Builds the programs of a package, and asks cargo for their paths, so that any target directory works.
fn build(package: &str) -> HashMap<String, PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new(env!("CARGO"))
        .current_dir(workspace)
        .args(["build", "--quiet", "--package", package, "--bins"])
        .arg("--message-format=json-render-diagnostics")
        .output()
        .expect("cargo should start");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "the programs of {package} do not build:\n{errors}"
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
