//! A RabbitMQ server for tests: a node with a name, ports, data and a cookie of its own.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use crate::guard::Guard;
use crate::nats::free_port;
use crate::prepared;

/// The environment variable that names the folder of the programs, or turns the tests off.
pub const VARIABLE: &str = "EVENTKIT_RABBITMQ";

/// The time limit for a node to start, next to builds and other nodes.
const PATIENCE: Duration = Duration::from_mins(2);

/// The placeholder for the extra port in settings.
const EXTRA_PORT: &str = "{port}";

/// The file with the ids of the processes that run.
const PROCESSES: &str = "processes";

/// Kills the processes of the folder `$1`, and removes the folder.
const STOP: &str = r#"kill -KILL $(cat "$1/processes"); rm -rf "$1""#;

/// A running node. It is killed when this is dropped, even if a test panics, and when the test process is
/// killed.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    folder: PathBuf,
    name: String,
    ports: Ports,
    extras: Extras,
    /// The daemon that knows the port by which other nodes reach the node.
    names: Option<Child>,
    node: Option<Child>,
    _guard: Guard,
}

#[derive(Debug, Clone, Copy)]
struct Ports {
    clients: u16,
    nodes: u16,
    names: u16,
    extra: u16,
}

/// The settings and plugins of a node in addition to the defaults.
#[derive(Debug, Clone, Default)]
pub struct Extras {
    /// Lines of `rabbitmq.conf`, in which `{port}` is a port that [`Server::extra_port`] returns.
    pub settings: String,
    /// The plugins, separated by commas.
    pub plugins: &'static str,
}

impl Ports {
    fn free() -> Self {
        Self {
            clients: free_port(),
            nodes: free_port(),
            names: free_port(),
            extra: free_port(),
        }
    }
}

impl Server {
    /// Starts a node, or returns `None` where the tests with one are turned off.
    ///
    /// # Panics
    ///
    /// Panics if there is no server to start; the message says how to get one.
    #[must_use]
    pub fn start() -> Option<Self> {
        Self::start_with(Extras::default())
    }

    /// Starts a node with settings and plugins, or returns `None` where the tests with one are turned off.
    ///
    /// # Panics
    ///
    /// Panics if there is no server to start; the message says how to get one.
    #[must_use]
    pub fn start_with(extras: Extras) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let programs = programs()?;
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("eventkit-{}-{number}", process::id());
        let folder = env::temp_dir().join(format!("{name}-rabbitmq"));
        let mut server = Self {
            programs,
            _guard: Guard::new(STOP, &folder),
            folder,
            name,
            ports: Ports::free(),
            extras,
            names: None,
            node: None,
        };
        for _ in 0..3 {
            let _ = fs::remove_dir_all(&server.folder);
            fs::create_dir_all(&server.folder).expect("a folder for the server");
            if server.launch() {
                return Some(server);
            }
            // Another program may have taken a port.
            server.kill();
            server.ports = Ports::free();
        }
        panic!("rabbitmq-server does not start:\n{}", server.log());
    }

    /// Returns the URL for clients.
    #[must_use]
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.ports.clients)
    }

    /// Returns the port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.ports.clients
    }

    /// Returns the process id of the node, unless it was killed.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.node.as_ref().map(Child::id)
    }

    /// Returns the port that `{port}` stands for in [`Extras::settings`].
    #[must_use]
    pub fn extra_port(&self) -> u16 {
        self.ports.extra
    }

    /// Kills the node, which has no time to write anything.
    pub fn kill(&mut self) {
        // The guard must not kill other processes with these ids.
        let _ = fs::remove_file(self.folder.join(PROCESSES));
        for child in [&mut self.node, &mut self.names] {
            if let Some(mut child) = child.take() {
                let _ = child.kill();
                let _ = child.wait();
            }
        }
    }

    /// Stops the node without closing its connections, like a network that drops all packets.
    ///
    /// # Panics
    ///
    /// Panics if the node does not run.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    /// Lets the node go on after [`pause`](Self::pause).
    ///
    /// # Panics
    ///
    /// Panics if the node does not run.
    pub fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let node = self.node.as_ref().expect("the node runs");
        let sent = Command::new("kill")
            .args([signal, &node.id().to_string()])
            .status();
        assert!(sent.is_ok_and(|status| status.success()), "kill {signal}");
    }

    /// Starts the node again after [`kill`](Self::kill), on the same ports and data.
    ///
    /// # Panics
    ///
    /// Panics if it does not start.
    pub fn restart(&mut self) {
        assert!(self.node.is_none(), "the node still runs");
        assert!(
            self.launch(),
            "rabbitmq-server does not start again:\n{}",
            self.log()
        );
    }

    /// Runs `rabbitmqctl` on the node, and returns what it prints.
    ///
    /// # Panics
    ///
    /// Panics if it fails.
    #[must_use]
    pub fn control(&self, arguments: &[&str]) -> String {
        let output = self
            .command(&self.programs.join("rabbitmqctl"))
            .args(["--quiet", "--node", &self.node_name()])
            .args(arguments)
            .output()
            .expect("rabbitmqctl starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "rabbitmqctl {arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Returns the log of the node.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn node_name(&self) -> String {
        format!("{}@localhost", self.name)
    }

    /// Starts the processes, and returns whether the node accepts connections.
    fn launch(&mut self) -> bool {
        let output = || {
            let mut options = fs::OpenOptions::new();
            let log = options.create(true).append(true);
            log.open(self.folder.join("log")).expect("a log")
        };
        fs::write(self.folder.join("rabbitmq.conf"), self.configuration())
            .expect("a configuration");
        fs::write(
            self.folder.join("plugins"),
            format!("[{}].", self.extras.plugins),
        )
        .expect("a list of plugins");
        let names = self
            .command(Path::new("epmd"))
            .args(["-port", &self.ports.names.to_string()])
            .stdin(Stdio::null())
            .stdout(output())
            .stderr(output())
            .spawn();
        let node = self
            .command(&self.programs.join("rabbitmq-server"))
            // The script becomes the node, so that it can be killed.
            .env("detached", "true")
            .stdin(Stdio::null())
            .stdout(output())
            .stderr(output())
            .spawn();
        let names = self.names.insert(names.expect("epmd starts"));
        let node = self.node.insert(node.expect("rabbitmq-server starts"));
        let ids = format!("{} {}", node.id(), names.id());
        fs::write(self.folder.join(PROCESSES), ids).expect("the ids of the processes");
        let mut ports = vec![self.ports.clients];
        // The port of a plugin or of TLS opens later than that of clients.
        if self.extras.settings.contains(EXTRA_PORT) {
            ports.push(self.ports.extra);
        }
        let start = Instant::now();
        while start.elapsed() < PATIENCE && matches!(node.try_wait(), Ok(None)) {
            if ports
                .iter()
                .all(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok())
            {
                return true;
            }
            thread::sleep(Duration::from_millis(50));
        }
        false
    }

    fn configuration(&self) -> String {
        format!(
            "listeners.tcp.default = 127.0.0.1:{}\n\
             log.console = true\n\
             log.console.level = warning\n\
             log.file = false\n\
             disk_free_limit.absolute = 50MB\n\
             {}\n",
            self.ports.clients,
            self.extras
                .settings
                .replace(EXTRA_PORT, &self.ports.extra.to_string())
        )
    }

    /// Returns a command that runs a program with the environment of the node.
    fn command(&self, program: &Path) -> Command {
        let erlang = self
            .programs
            .ancestors()
            .nth(5)
            .map(|root| root.join("lib/erlang/bin"));
        let mut path = env::var_os("PATH").unwrap_or_default();
        if let Some(erlang) = erlang.filter(|erlang| erlang.exists()) {
            let paths = [erlang].into_iter().chain(env::split_paths(&path));
            path = env::join_paths(paths).expect("folders without a colon");
        }
        // A relative program is looked up on the PATH of this process.
        let found = env::split_paths(&path).map(|folder| folder.join(program));
        let found = found.into_iter().find(|path| path.exists());
        let mut command = Command::new(found.unwrap_or_else(|| program.to_owned()));
        let folder = |name: &str| self.folder.join(name);
        command
            .current_dir(&self.folder)
            .env("PATH", path)
            .env("LANG", "C.UTF-8")
            // The cookie is there.
            .env("HOME", &self.folder)
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("ERL_EPMD_PORT", self.ports.names.to_string())
            .env("RABBITMQ_NODENAME", self.node_name())
            // Otherwise every node prefers the same processor.
            .env("RABBITMQ_SCHEDULER_BIND_TYPE", "u")
            .env("RABBITMQ_DIST_PORT", self.ports.nodes.to_string())
            .env("RABBITMQ_CONFIG_FILE", folder("rabbitmq.conf"))
            .env("RABBITMQ_CONF_ENV_FILE", folder("no-environment"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", folder("plugins"))
            .env("RABBITMQ_LOG_BASE", folder("logs"))
            .env("RABBITMQ_MNESIA_BASE", folder("data"))
            .env("RABBITMQ_PID_FILE", folder("pid"));
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        // A folder that remains is a temporary one.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Returns the folder of the programs; the script beside the suites finds or unpacks them.
fn programs() -> Option<PathBuf> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND
        .get_or_init(|| prepared::path("rabbitmq/prepare", VARIABLE))
        .clone()
}
