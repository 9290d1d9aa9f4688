//! Processes of this suite, which its tests start and kill.

use std::env;
use std::process::{Child, Command, Stdio};

/// The environment variable with what a process is told.
const TOLD: &str = "EVENTKIT_TEST_PROCESS";

/// A process that runs the test `process` of a module, and is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    /// Starts the process of a module, `module_path!()`, and tells it something.
    pub(crate) fn start(module: &str, told: &str) -> Self {
        let (_, module) = module.split_once("::").unwrap();
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", &format!("{module}::process")])
            .env(TOLD, told)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        Self(child.unwrap())
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Kills the process, which has no time to do anything.
    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Sends a signal, such as `STOP`.
    pub(crate) fn signal(&self, signal: &str) {
        let mut kill = Command::new("kill");
        kill.args([format!("-{signal}"), self.id().to_string()]);
        assert!(kill.status().unwrap().success());
    }

    /// Returns whether the process has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns what this process was told, or `None` if no test has started it.
pub(crate) fn told() -> Option<String> {
    env::var(TOLD).ok()
}

/// Runs the work of a process.
pub(crate) fn run(work: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().unwrap().block_on(work);
}
