//! A NATS server for a test, with its own port and store.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{LazyLock, OnceLock};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use crate::prepared;

mod cluster;

pub use self::cluster::Cluster;

/// The environment variable with the path of the server, or `off` to disable the tests that need
/// one.
pub const VARIABLE: &str = "EVENTKIT_NATS_SERVER";

/// The time limit for a server to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// The range is below the ephemeral ports of the system, so that an outgoing connection does not
/// take the port of a server that is being restarted.
const PORTS: std::ops::Range<u16> = 10_000..30_000;

/// A running server, which is killed on drop, even if the test panics.
#[derive(Debug)]
pub struct Server {
    program: PathBuf,
    folder: PathBuf,
    arguments: Vec<String>,
    port: u16,
    child: Option<Child>,
}

impl Server {
    /// Starts a server, or returns `None` if tests with a server are disabled.
    ///
    /// # Panics
    ///
    /// Panics if no server can be started; the message says how to install one.
    #[must_use]
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// Starts a server like [`start`](Self::start), with additional arguments.
    ///
    /// # Panics
    ///
    /// Panics if no server can be started.
    #[must_use]
    pub fn start_with(arguments: &[&str]) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let program = program()?;
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("eventkit-nats-{}-{number}", process::id()));
        fs::create_dir_all(&folder).expect("the directory of the server should be creatable");
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

    /// Returns the URL for clients.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Returns the process id, unless the server was killed or stopped.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Kills the server, so that it cannot flush anything.
    ///
    /// # Panics
    ///
    /// Panics if waiting for the process fails.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // An error means that it has already exited.
            let _ = child.kill();
            child.wait().expect("the server should exit");
        }
    }

    /// Stops the server gracefully, like an operator.
    ///
    /// # Panics
    ///
    /// Panics if waiting for the process fails.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            signal(&child, "TERM");
            child.wait().expect("the server should exit");
        }
    }

    /// Suspends the process: connections stay open, but the server does not respond.
    ///
    /// # Panics
    ///
    /// Panics if the signal cannot be sent.
    pub fn freeze(&self) {
        signal(
            self.child.as_ref().expect("the server should be running"),
            "STOP",
        );
    }

    /// Resumes the process after [`freeze`](Self::freeze).
    ///
    /// # Panics
    ///
    /// Panics if the signal cannot be sent.
    pub fn thaw(&self) {
        signal(
            self.child.as_ref().expect("the server should be running"),
            "CONT",
        );
    }

    /// Restarts the server after [`kill`](Self::kill) or [`stop`](Self::stop), with the same port
    /// and store.
    ///
    /// # Panics
    ///
    /// Panics if the server does not start.
    pub fn restart(&mut self) {
        assert!(self.child.is_none(), "the server should not be running");
        for _ in 0..20 {
            if self.launch() {
                return;
            }
            thread::sleep(Duration::from_millis(250));
        }
        panic!("nats-server does not start again:\n{}", self.log());
    }

    /// Returns whether the server has this version or a later one.
    ///
    /// # Panics
    ///
    /// Panics if the server does not report its version.
    #[must_use]
    pub fn is_at_least(&self, major: u32, minor: u32) -> bool {
        let said = Command::new(&self.program).arg("--version").output();
        let said = String::from_utf8(said.expect("a version").stdout).expect("a version");
        let (_, version) = said.trim().split_once(": v").expect("a version");
        let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
        let found: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        found >= (major, minor)
    }

    /// Returns the log of the server.
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
        // Another server may have taken the port meanwhile. Only the server that listens writes the
        // file.
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
        // If this fails, the directory remains in the system's temporary directory.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    let told = Command::new("kill").args(["-s", name, &id]).status();
    assert!(told.is_ok_and(|status| status.success()), "kill -s {name}");
}

/// Returns the path of the server. The `prepare` script finds or unpacks one.
fn program() -> Option<PathBuf> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND
        .get_or_init(|| prepared::path("nats/prepare", VARIABLE))
        .clone()
}

/// Returns a port on which nothing listens, and that no other server of this process is about to take.
pub(crate) fn free_port() -> u16 {
    // Processes begin at different ports.
    static NEXT: LazyLock<AtomicU64> =
        LazyLock::new(|| AtomicU64::new(RandomState::new().hash_one(process::id())));
    let width = u64::from(PORTS.end - PORTS.start);
    loop {
        let next = NEXT.fetch_add(1, Ordering::Relaxed) % width;
        let port = PORTS.start + u16::try_from(next).expect("the remainder should fit");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
