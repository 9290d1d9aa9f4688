//! The program `eventkit`, built once for the whole suite.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use eventkit_tests::processes::{self, Programs};
use serde_json::Value;

/// More than any step takes.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("the output should be text")
    }

    /// Returns the values of the output, one for each line.
    pub(crate) fn json(&self) -> Vec<Value> {
        let lines = self.text().lines();
        lines
            .map(|line| serde_json::from_str(line).expect(line))
            .collect()
    }

    #[track_caller]
    pub(crate) fn assert_code(&self, code: i32) {
        assert_eq!(self.code, Some(code), "{self:#?}");
    }

    #[track_caller]
    pub(crate) fn assert_says(&self, parts: &[&str]) {
        for part in parts {
            assert!(
                self.stderr.contains(part),
                "{part:?} should be in {self:#?}"
            );
        }
    }
}

/// Returns the path of the program.
pub(crate) fn path() -> &'static PathBuf {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| Programs::of("eventkit-cli").path("eventkit"))
}

/// Returns a command without settings from the environment.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(path());
    command
        .args(arguments)
        .env_remove("EVENTKIT_URL")
        .env_remove("EVENTKIT_TOKEN")
        .env_remove("NO_COLOR")
        .env("no_proxy", "*")
        .stdin(Stdio::null());
    command
}

/// Runs a command until it exits.
pub(crate) fn finish(command: &mut Command) -> Run {
    run_of(processes::output(command))
}

pub(crate) fn run_of(output: std::process::Output) -> Run {
    Run {
        code: output.status.code(),
        stdout: output.stdout,
        stderr: String::from_utf8(output.stderr).expect("messages are text"),
    }
}

/// Runs the program with an empty input.
pub(crate) fn run(arguments: &[&str]) -> Run {
    finish(&mut command(arguments))
}

/// Runs the program with an input.
pub(crate) fn run_with(arguments: &[&str], input: impl Into<Vec<u8>>) -> Run {
    let mut child = command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("an input");
    let input = input.into();
    // The program may exit before it has read all of it.
    thread::spawn(move || drop(stdin.write_all(&input)));
    run_of(processes::finish(child))
}

/// Returns an event of JSON on one line.
pub(crate) fn event(id: &str, ty: &str) -> String {
    format!(r#"{{"specversion":"1.0","id":"{id}","source":"/s","type":"{ty}"}}"#)
}

/// A program that runs until it is told to end.
pub(crate) struct Running {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

impl Running {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::spawn(&mut command(arguments))
    }

    pub(crate) fn spawn(command: &mut Command) -> Self {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        Self {
            stdout: lines(child.stdout.take().expect("an output")),
            stderr: lines(child.stderr.take().expect("messages")),
            child,
        }
    }

    /// Waits for a line of the output.
    #[track_caller]
    pub(crate) fn line(&self) -> String {
        self.stdout
            .recv_timeout(PATIENCE)
            .expect("another line of the output")
    }

    /// Waits for a message that contains a text, and returns it.
    #[track_caller]
    pub(crate) fn message(&self, part: &str) -> String {
        loop {
            let line = self.stderr.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("no message contains {part:?}"));
            if line.contains(part) {
                return line;
            }
        }
    }

    /// Sends a signal by its name, such as `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.is_ok_and(|status| status.success()), "kill -s {name}");
    }

    /// Waits for the end, and returns the exit code with the other lines of the output.
    pub(crate) fn end(mut self) -> (Option<i32>, Vec<String>) {
        // The pipe closes when the program ends.
        let mut lines = Vec::new();
        loop {
            match self.stdout.recv_timeout(PATIENCE) {
                Ok(line) => lines.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("the program does not end: {lines:#?}"),
            }
        }
        let status = self.child.wait().expect("the program ends");
        (status.code(), lines)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Reads lines in a thread.
fn lines(pipe: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
