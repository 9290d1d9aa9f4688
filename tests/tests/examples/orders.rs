//! The orders on brokers, each role a process.

use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use eventkit_tests::{nats, rabbitmq};

use crate::binaries::{command, finish, output, text};

const PATIENCE: Duration = Duration::from_mins(1);

/// A broker, and the program that uses it.
struct Broker {
    program: &'static str,
    variable: &'static str,
    url: String,
}

impl Broker {
    fn nats(server: &nats::Server) -> Self {
        Self {
            program: "orders_on_nats",
            variable: "NATS_URL",
            url: server.url(),
        }
    }

    fn rabbitmq(server: &rabbitmq::Server) -> Self {
        Self {
            program: "orders_on_rabbitmq",
            variable: "RABBITMQ_URL",
            url: server.url(),
        }
    }

    fn command(&self) -> Command {
        let mut command = command(self.program);
        command.env(self.variable, &self.url);
        command
    }
}

fn role(broker: &Broker, arguments: &[&str]) -> Output {
    let output = output(broker.command().args(arguments));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    output
}

fn last_line(output: &Output) -> String {
    let last = text(&output.stdout).lines().last();
    last.expect("it says something").to_owned()
}

/// A worker; it is killed where the test fails.
struct Worker(Option<Child>);

impl Worker {
    fn start(broker: &Broker, limit: &str) -> Self {
        let child = broker
            .command()
            .arg("work")
            .env("CARD_LIMIT", limit)
            .stdout(Stdio::piped())
            .spawn();
        Self(Some(child.expect("it can be started")))
    }

    /// Asks it to stop, and returns what it has said.
    fn stop(mut self) -> String {
        let child = self.0.take().expect("it runs");
        let id = child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status();
        assert!(told.expect("a signal").success());
        let output = finish(child);
        assert!(output.status.success());
        text(&output.stdout).to_owned()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            // An error means that it has ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Runs a role until its last line is the expected one. It may fail meanwhile: a replay is refused until the worker
/// has a consumer for the handler.
fn wait_for(broker: &Broker, arguments: &[&str], expected: &str) -> Output {
    let start = Instant::now();
    loop {
        let output = output(broker.command().args(arguments));
        if output.status.success() && last_line(&output) == expected {
            return output;
        }
        assert!(start.elapsed() < PATIENCE, "{output:?}, not {expected}");
        sleep(Duration::from_millis(100));
    }
}

#[test]
fn what_could_not_be_handled_on_nats_is_kept_and_replayed() {
    let Some(server) = nats::Server::start() else {
        return;
    };
    what_could_not_be_handled_is_kept_and_replayed(&Broker::nats(&server), || {});
}

#[test]
fn what_could_not_be_handled_on_rabbitmq_is_kept_and_replayed() {
    let Some(server) = rabbitmq::Server::start() else {
        return;
    };
    // Queues begin with what is published after the worker has declared all of them.
    let wait_for_worker = || {
        let start = Instant::now();
        while !server
            .control(&["list_consumers", "queue_name"])
            .contains("charge_card")
        {
            assert!(start.elapsed() < PATIENCE, "no worker");
            sleep(Duration::from_millis(100));
        }
    };
    let broker = Broker::rabbitmq(&server);
    what_could_not_be_handled_is_kept_and_replayed(&broker, wait_for_worker);
}

fn what_could_not_be_handled_is_kept_and_replayed(broker: &Broker, wait_for_worker: impl Fn()) {
    let worker = Worker::start(broker, "50000");
    wait_for_worker();
    let published = role(broker, &["publish", "300"]);
    assert_eq!(last_line(&published), "300 orders are published.");
    let listed = wait_for(broker, &["letters"], "3 dead letters");
    for order in ["A-100", "A-200", "A-300"] {
        let line = text(&listed.stdout)
            .lines()
            .find(|line| line.contains(order));
        let line = line.expect("a letter for each order that is too dear");
        assert!(line.contains("charge_card"), "{line}");
        assert!(line.contains("3 attempts: the card was declined"), "{line}");
    }
    let said = worker.stop();
    assert!(said.starts_with("The shop is running"), "{said}");
    assert!(said.contains("\nThe shop is closed; "), "{said}");

    let generous = Worker::start(broker, "99999999");
    wait_for_worker();
    let replayed = wait_for(broker, &["replay"], "replayed 3 dead letters");
    assert_eq!(text(&replayed.stdout).lines().count(), 1);
    wait_for(broker, &["letters"], "0 dead letters");
    // Three that were replayed, and nothing of what had been done.
    let start = Instant::now();
    sleep(Duration::from_secs(2));
    let said = generous.stop();
    assert!(
        said.contains("3 done, 0 tried again, 0 dead letters"),
        "{said}"
    );
    assert!(start.elapsed() < PATIENCE);
    wait_for(broker, &["letters"], "0 dead letters");
}

/// The programs with the URL of a server that is not there: nobody listens on the port for what is discarded.
fn without_a_server() -> [Broker; 2] {
    let broker = |program, variable, scheme| Broker {
        program,
        variable,
        url: format!("{scheme}://127.0.0.1:9"),
    };
    [
        broker("orders_on_nats", "NATS_URL", "nats"),
        broker("orders_on_rabbitmq", "RABBITMQ_URL", "amqp"),
    ]
}

#[test]
fn a_server_that_is_not_there_is_said() {
    for broker in without_a_server() {
        let output = output(broker.command().arg("publish"));
        assert!(!output.status.success());
        let errors = text(&output.stderr);
        assert!(errors.contains("127.0.0.1:9"), "{errors}");
    }
}

#[test]
fn a_role_that_it_does_not_have_is_said() {
    for broker in without_a_server() {
        for arguments in [&[][..], &["sleep"], &["publish", "many"]] {
            let output = output(broker.command().args(arguments));
            assert!(!output.status.success());
            let errors = text(&output.stderr);
            assert!(
                errors.contains("work | publish [NUMBER] | letters | replay"),
                "{errors}"
            );
        }
    }
}
