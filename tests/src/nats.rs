//! A NATS server for one test, with a port and a store of its own.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use crate::prepared;

mod cluster;

pub use self::cluster::Cluster;

/// The environment variable that names the server, or turns the tests with one off.
pub const VARIABLE: &str = "EVENTKIT_NATS_SERVER";

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// Below those that the system gives to outgoing connections, which could take the port of a
/// server that is being restarted.
const PORTS: std::ops::Range<u16> = 10_000..30_000;

/// Is a running server; it is killed when this is dropped, when a test panics too.
#[derive(Debug)]
pub struct Server {
    program: PathBuf,
    folder: PathBuf,
    arguments: Vec<String>,
    port: u16,
    child: Option<Child>,
}

impl Server {
    /// Starts a server, or returns `None` where the tests with one are turned off.
    ///
    /// # Panics
    ///
    /// Where there is no server to start; the message says how to get one.
    #[must_use]
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// Starts a server with more arguments on its command line, as [`start`](Self::start) does.
    ///
    /// # Panics
    ///
    /// Where there is no server to start.
    #[must_use]
    pub fn start_with(arguments: &[&str]) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let program = program()?;
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("eventkit-nats-{}-{number}", process::id()));
        fs::create_dir_all(&folder).expect("a folder for the server");
        let mut server = Self {
            program,
            folder,
            arguments: arguments.iter().map(ToString::to_string).collect(),
            port: 0,
            child: None,
        };
        for _ in 0..20 {
            server.port = free_port();
            if server.launch() {
                return Some(server);
            }
        }
        panic!("nats-server does not start:\n{}", server.log());
    }

    /// Returns where clients connect.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Returns the process, unless it was killed or stopped.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Kills the server, which has no time to write anything.
    ///
    /// # Panics
    ///
    /// Where it cannot be waited for.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // An error means that it has ended by itself.
            let _ = child.kill();
            child.wait().expect("the server ends");
        }
    }

    /// Stops the server the way an operator does.
    ///
    /// # Panics
    ///
    /// Where it cannot be waited for.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            signal(&child, "TERM");
            child.wait().expect("the server ends");
        }
    }

    /// Stops the process for a while: connections stay, and nobody answers.
    ///
    /// # Panics
    ///
    /// Where it cannot be told.
    pub fn freeze(&self) {
        signal(self.child.as_ref().expect("a running server"), "STOP");
    }

    /// Lets the process go on after [`freeze`](Self::freeze).
    ///
    /// # Panics
    ///
    /// Where it cannot be told.
    pub fn thaw(&self) {
        signal(self.child.as_ref().expect("a running server"), "CONT");
    }

    /// Starts the server again after [`kill`](Self::kill) or [`stop`](Self::stop), on the same port
    /// and store.
    ///
    /// # Panics
    ///
    /// Where it does not start.
    pub fn restart(&mut self) {
        assert!(self.child.is_none(), "the server still runs");
        for _ in 0..20 {
            if self.launch() {
                return;
            }
            thread::sleep(Duration::from_millis(250));
        }
        panic!("nats-server does not start again:\n{}", self.log());
    }

    /// Returns whether the server is of this version or a later one.
    ///
    /// # Panics
    ///
    /// Where the server does not tell its version.
    #[must_use]
    pub fn is_at_least(&self, major: u32, minor: u32) -> bool {
        let said = Command::new(&self.program).arg("--version").output();
        let said = String::from_utf8(said.expect("a version").stdout).expect("a version");
        let (_, version) = said.trim().split_once(": v").expect("a version");
        let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
        let found: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        found >= (major, minor)
    }

    /// Returns what the server has logged.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Starts the process, and returns whether it listens.
    fn launch(&mut self) -> bool {
        let child = Command::new(&self.program)
            .args(["--addr", "127.0.0.1", "--port", &self.port.to_string()])
            .args(&self.arguments)
            .args(["--jetstream", "--store_dir"])
            .arg(self.folder.join("store"))
            .arg("--ports_file_dir")
            .arg(&self.folder)
            .arg("--log")
            .arg(self.folder.join("log"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut child = child
            .unwrap_or_else(|error| panic!("`{}` does not start: {error}", self.program.display()));
        // Another server may have taken the port meanwhile: only the one that listens writes it.
        let ports = self
            .folder
            .join(format!("nats-server_{}.ports", child.id()));
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if ports.exists() {
                self.child = Some(child);
                return true;
            }
            if !matches!(child.try_wait(), Ok(None)) {
                return false;
            }
            thread::sleep(Duration::from_millis(5));
        }
        let _ = child.kill();
        let _ = child.wait();
        false
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        // What is left over is in the folder for what is temporary.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    let told = Command::new("kill").args(["-s", name, &id]).status();
    assert!(told.is_ok_and(|status| status.success()), "kill -s {name}");
}

/// Returns the server to start; the script beside the suites finds or unpacks one.
fn program() -> Option<PathBuf> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND
        .get_or_init(|| prepared::path("nats/prepare", VARIABLE))
        .clone()
}

/// Returns a port that nothing listens on right now.
pub(crate) fn free_port() -> u16 {
    loop {
        let random = RandomState::new().hash_one(process::id());
        let width = u64::from(PORTS.end - PORTS.start);
        let port = PORTS.start + u16::try_from(random % width).expect("less than the width");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
