//! A PostgreSQL server for tests, with its own port and data directory.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use crate::guard::Guard;
use crate::nats::free_port;
use crate::prepared;

/// The environment variable with the directory of the programs, or `off` to disable the tests that
/// need them.
pub const VARIABLE: &str = "EVENTKIT_POSTGRES";

/// The time limit for a server to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server, which is killed on drop, even if a test panics.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    child: Option<Child>,
    _guard: Guard,
}

/// Stops the server whose directory is `$1`, if it runs, and removes the directory.
const STOP: &str = r#"
pid=$(head -n 1 "$1/data/postmaster.pid") && kill -QUIT "$pid" && while kill -0 "$pid"; do sleep 0.1; done
rm -rf "$1""#;

impl Server {
    /// Starts a server, or returns `None` if tests with a server are disabled.
    ///
    /// # Panics
    ///
    /// Panics if no server can be started; the message says how to install one.
    #[must_use]
    pub fn start() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let programs = programs()?;
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("eventkit-postgres-{}-{number}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the directory of the server should be creatable");
        let mut server = Self {
            programs,
            _guard: Guard::new(STOP, &folder),
            folder,
            port: 0,
            child: None,
        };
        server.create();
        for _ in 0..20 {
            server.port = free_port();
            if server.launch() {
                return Some(server);
            }
        }
        panic!("postgres does not start:\n{}", server.log());
    }

    /// Returns the URL for clients.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://eventkit@127.0.0.1:{}/postgres", self.port)
    }

    /// Returns the port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Kills the server so that it cannot flush anything, and waits for its child processes.
    ///
    /// # Panics
    ///
    /// Panics if they do not exit.
    pub fn kill(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        let children = children_of(child.id());
        let _ = child.kill();
        child.wait().expect("the server should exit");
        let start = Instant::now();
        while children.iter().any(|child| is_running(*child)) {
            assert!(
                start.elapsed() < PATIENCE,
                "a process of the server does not end"
            );
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Restarts the server after [`kill`](Self::kill), with the same port and data.
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
        panic!("postgres does not start again:\n{}", self.log());
    }

    /// Returns the log of the server.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Creates the data directory, with a superuser.
    fn create(&self) {
        give_away(&self.folder);
        let created = self
            .command("initdb")
            .args(["--username", "eventkit", "--auth", "trust", "--no-sync"])
            .args(["--encoding", "UTF8", "--locale", "C", "--pgdata"])
            .arg(self.data())
            .output()
            .expect("initdb starts");
        let said = String::from_utf8_lossy(&created.stderr);
        assert!(created.status.success(), "initdb: {said}");
    }

    /// Starts the process, and returns whether it accepts connections.
    fn launch(&mut self) -> bool {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.join("log"))
            .expect("a log");
        let mut child = self
            .command("postgres")
            .arg("-D")
            .arg(self.data())
            .args(["-p", &self.port.to_string(), "-h", "127.0.0.1"])
            .args(["-c", "max_connections=100", "-c", "shared_buffers=32MB"])
            // Tests cause deadlocks deliberately.
            .args(["-c", "deadlock_timeout=50ms"])
            .arg("-c")
            .arg(format!("unix_socket_directories={}", self.folder.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("postgres starts");
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let answers = self
                .command("pg_isready")
                .args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()])
                .status();
            let runs = matches!(child.try_wait(), Ok(None));
            if !runs {
                return false;
            }
            if answers.is_ok_and(|status| status.success()) {
                self.child = Some(child);
                return true;
            }
            thread::sleep(Duration::from_millis(20));
        }
        let _ = child.kill();
        let _ = child.wait();
        false
    }

    /// Returns a command that runs a program as another user than root, which PostgreSQL refuses.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"])
                .arg(&program);
            command
        } else {
            Command::new(&program)
        };
        if let Some(libraries) = libraries(&self.programs) {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        command.current_dir(&self.folder).env("LC_ALL", "C");
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        // If this fails, the directory remains in the system's temporary directory.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The id of a user without files or processes.
const NOBODY: &str = "65534";

fn is_root() -> bool {
    let said = Command::new("id").arg("-u").output();
    said.is_ok_and(|said| said.stdout == b"0\n")
}

/// Changes the owner of a directory to the user of the server.
fn give_away(folder: &Path) {
    if is_root() {
        let given = Command::new("chown").arg(NOBODY).arg(folder).status();
        assert!(given.is_ok_and(|status| status.success()), "chown");
    }
}

/// Returns the library directories of a server that was unpacked instead of installed.
fn libraries(programs: &Path) -> Option<String> {
    let root = programs.to_str()?.split_once("/usr/lib/postgresql")?.0;
    let of = |folder: &str| format!("{root}/usr/lib/{folder}");
    let target = format!("{}-linux-gnu", env::consts::ARCH);
    (!root.is_empty()).then(|| format!("{}:{}", of(&target), of("")))
}

/// Returns the child processes of a process.
fn children_of(id: u32) -> Vec<u32> {
    let path = format!("/proc/{id}/task/{id}/children");
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace()
        .filter_map(|id| id.parse().ok())
        .collect()
}

fn is_running(id: u32) -> bool {
    let state = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let state = state.rsplit_once(") ").map(|(_, state)| state.to_owned());
    state.is_some_and(|state| !state.starts_with('Z'))
}

/// Returns the directory of the programs. The `prepare` script finds or unpacks them.
fn programs() -> Option<PathBuf> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND
        .get_or_init(|| prepared::path("postgres/prepare", VARIABLE))
        .clone()
}
