//! The nodes of the tests.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{self, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use eventkit_rabbitmq::{RabbitMq, RabbitMqBuilder};
use eventkit_tests::rabbitmq::Server;

/// More than a node takes to end.
const PATIENCE: Duration = Duration::from_mins(1);

/// A node, or none where the tests with one are turned off.
#[derive(Debug)]
pub(crate) struct Node(Option<Mutex<Server>>);

impl Node {
    /// Returns the node that most tests share, since one takes seconds to start. It ends with this process.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: OnceLock<Arc<Node>> = OnceLock::new();
        Arc::clone(SHARED.get_or_init(Self::alone))
    }

    /// Starts a node for one test.
    pub(crate) fn alone() -> Arc<Self> {
        Arc::new(Self(Server::start().map(Mutex::new)))
    }

    pub(crate) fn server(&self) -> Option<MutexGuard<'_, Server>> {
        let server = self.0.as_ref()?;
        Some(server.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn url(&self) -> Option<String> {
        Some(self.server()?.url())
    }

    /// Returns a transport on an exchange that no other test uses, and the name of the exchange.
    pub(crate) fn exchange(&self) -> Option<(RabbitMqBuilder, String)> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test-{number}");
        Some((RabbitMq::connect(self.url()?).exchange(&name), name))
    }
}

/// The variable of a process that starts a node and is killed.
const KILLED: &str = "EVENTKIT_TEST_KILLED";

/// The beginning of the line with the port of its node.
const PORT: &str = "the port is ";

#[test]
fn a_node_ends_with_a_test_process_that_is_killed() {
    if env::var_os(KILLED).is_some() {
        let Some(server) = Server::start() else {
            return;
        };
        println!("{PORT}{}", server.port());
        let id = process::id().to_string();
        let _ = Command::new("kill").args(["-s", "KILL", &id]).status();
        return;
    }
    let own = env::current_exe().expect("the suite");
    let mut process = Command::new(own)
        .args(["--exact", "--nocapture"])
        .arg("node::a_node_ends_with_a_test_process_that_is_killed")
        .env(KILLED, "")
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process starts");
    let lines = BufReader::new(process.stdout.take().expect("its output")).lines();
    let mut ports = lines.map_while(Result::ok).filter_map(|line| {
        let (_, port) = line.split_once(PORT)?;
        port.parse::<u16>().ok()
    });
    let port = ports.next();
    process.wait().expect("the process ends");
    let Some(port) = port else {
        assert!(Node::alone().url().is_none(), "no node was started");
        return;
    };
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_ok() {
        assert!(start.elapsed() < PATIENCE, "the node still runs");
        thread::sleep(Duration::from_millis(20));
    }
}
