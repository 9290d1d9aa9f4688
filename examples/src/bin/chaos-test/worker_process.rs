//! A worker process as seen by the chaos test, with its output.

use eventkit::BoxError;
use std::env;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::row::Notes;
use crate::worker::{self, NOT_READY, READY, STARTED, TRAPPED, WorkerConfig};

/// The time limit for a worker to start, to become ready, or to stop.
const PATIENCE: Duration = Duration::from_mins(1);

/// A worker process, which is killed on drop.
#[derive(Debug)]
pub(crate) struct WorkerProcess {
    process: Child,
    said: watch::Receiver<Said>,
}

/// The output of a worker so far.
#[derive(Debug, Clone, Default)]
struct Said {
    has_started: bool,
    is_ready: bool,
    /// The reason of the last time that it was not ready.
    reason: Option<String>,
    trapped: Option<u64>,
}

impl WorkerProcess {
    pub(crate) fn start(config: &WorkerConfig, notes: &Notes) -> Result<Self, BoxError> {
        let mut process = Command::new(env::current_exe()?)
            .args([worker::COMMAND, &serde_json::to_string(config)?])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdout = process
            .stdout
            .take()
            .ok_or("the worker has no standard output")?;
        let (sender, said) = watch::channel(Said::default());
        tokio::spawn(listen(stdout, sender, notes.clone()));
        Ok(Self { process, said })
    }

    /// Waits until the worker can be asked to stop.
    pub(crate) async fn started(&mut self) -> Result<(), BoxError> {
        self.wait_for("has started", |said| said.has_started).await
    }

    /// Waits until the service is ready.
    pub(crate) async fn ready(&mut self) -> Result<(), BoxError> {
        self.wait_for("is ready", |said| said.is_ready).await
    }

    /// Waits until the service is no longer ready, and returns the reason.
    pub(crate) async fn not_ready(&mut self) -> Result<String, BoxError> {
        self.wait_for("reports that it is not ready", |said| {
            !said.is_ready && said.reason.is_some()
        })
        .await?;
        Ok(self.said.borrow().reason.clone().unwrap_or_default())
    }

    /// Returns the event at which a handler is trapped.
    pub(crate) fn trapped(&self) -> Option<u64> {
        self.said.borrow().trapped
    }

    /// Returns whether the process has exited by itself.
    pub(crate) fn has_ended(&mut self) -> Result<bool, BoxError> {
        Ok(self.process.try_wait()?.is_some())
    }

    /// Sends a signal by name.
    pub(crate) async fn signal(&self, name: &str) -> Result<(), BoxError> {
        let id = self.process.id().ok_or("the worker has ended")?;
        let mut kill = Command::new("kill");
        let status = kill.args(["-s", name, &id.to_string()]).status().await?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("kill -s {name}: {status}").into())
        }
    }

    /// Asks the worker to stop, and waits until it has exited.
    pub(crate) async fn terminate(mut self) -> Result<(), BoxError> {
        self.started().await?;
        self.signal("TERM").await?;
        let status = timeout(PATIENCE, self.process.wait()).await;
        let status = status.map_err(|_| "a worker did not stop when asked to")??;
        if status.success() {
            Ok(())
        } else {
            Err(format!("a worker that was asked to stop ended with {status}").into())
        }
    }

    pub(crate) async fn kill(mut self) -> Result<(), BoxError> {
        Ok(self.process.kill().await?)
    }

    async fn wait_for(
        &mut self,
        what: &str,
        predicate: impl FnMut(&Said) -> bool,
    ) -> Result<(), BoxError> {
        match timeout(PATIENCE, self.said.wait_for(predicate)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(format!("a worker ended before it {what}").into()),
            Err(_) => Err(format!("no worker {what} within {PATIENCE:?}").into()),
        }
    }
}

async fn listen(stdout: ChildStdout, said: watch::Sender<Said>, notes: Notes) {
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        said.send_modify(|said| said.hear(&line, &notes));
    }
}

impl Said {
    fn hear(&mut self, line: &str, notes: &Notes) {
        if line == STARTED {
            self.has_started = true;
        } else if line == READY {
            self.is_ready = true;
        } else if let Some(reason) = line.strip_prefix(NOT_READY) {
            notes.add(format!("a worker was not ready: {reason}"));
            self.is_ready = false;
            self.reason = Some(reason.to_owned());
        } else if let Some(number) = line.strip_prefix(TRAPPED) {
            self.trapped = number.parse().ok();
        }
    }
}
