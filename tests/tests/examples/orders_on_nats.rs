//! The orders on NATS, with one process for each role.

use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use eventkit_tests::nats::Server;

use crate::binaries::{command, finish, output, run, text};

const PATIENCE: Duration = Duration::from_mins(1);

fn role(server: &Server, arguments: &[&str]) -> Output {
    let mut command = command("orders_on_nats");
    let output = output(command.args(arguments).env("NATS_URL", server.url()));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    output
}

fn last_line(output: &Output) -> String {
    let last = text(&output.stdout).lines().last();
    last.expect("the role should print a line").to_owned()
}

/// A worker process, which is killed if the test fails.
struct Worker(Option<Child>);

impl Worker {
    fn start(server: &Server, limit: &str) -> Self {
        let child = command("orders_on_nats")
            .arg("work")
            .env("NATS_URL", server.url())
            .env("CARD_LIMIT", limit)
            .stdout(Stdio::piped())
            .spawn();
        Self(Some(child.expect("the worker should start")))
    }

    /// Asks the worker to stop, and returns its output.
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
            // An error means that it has already exited.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Waits until the last line of a role matches.
fn wait_for(server: &Server, arguments: &[&str], wanted: &str) -> Output {
    let start = Instant::now();
    loop {
        let output = role(server, arguments);
        let last = last_line(&output);
        if last == wanted {
            return output;
        }
        assert!(
            start.elapsed() < PATIENCE,
            "expected {wanted:?}, found {last:?}"
        );
        sleep(Duration::from_millis(100));
    }
}

#[test]
fn orders_that_fail_become_dead_letters_and_are_replayed() {
    let Some(server) = Server::start() else {
        return;
    };
    let worker = Worker::start(&server, "50000");
    let published = role(&server, &["publish", "300"]);
    assert_eq!(last_line(&published), "300 orders are published.");
    let listed = wait_for(&server, &["letters"], "3 dead letters");
    for order in ["A-100", "A-200", "A-300"] {
        let line = text(&listed.stdout)
            .lines()
            .find(|line| line.contains(order));
        let line = line.expect("there should be a dead letter for each order over the limit");
        assert!(line.contains("charge_card"), "{line}");
        assert!(line.contains("3 attempts: the card was declined"), "{line}");
    }
    let said = worker.stop();
    assert!(said.starts_with("The shop is running"), "{said}");
    assert!(said.contains("\nThe shop is closed; "), "{said}");

    let generous = Worker::start(&server, "99999999");
    let replayed = wait_for(&server, &["replay"], "replayed 3 dead letters");
    assert_eq!(text(&replayed.stdout).lines().count(), 1);
    wait_for(&server, &["letters"], "0 dead letters");
    // The three replayed orders, and none that was already handled.
    let start = Instant::now();
    sleep(Duration::from_secs(2));
    let said = generous.stop();
    assert!(
        said.contains("3 done, 0 tried again, 0 dead letters"),
        "{said}"
    );
    assert!(start.elapsed() < PATIENCE);
    wait_for(&server, &["letters"], "0 dead letters");
}

#[test]
fn an_unreachable_server_is_reported() {
    let mut command = command("orders_on_nats");
    // No server listens on the discard port.
    let output = output(command.arg("publish").env("NATS_URL", "nats://127.0.0.1:9"));
    assert!(!output.status.success());
    let errors = text(&output.stderr);
    assert!(errors.contains("127.0.0.1:9"), "{errors}");
}

#[test]
fn an_unknown_role_is_reported() {
    for arguments in [&[][..], &["sleep"], &["publish", "many"]] {
        let output = run("orders_on_nats", arguments);
        assert!(!output.status.success());
        let errors = text(&output.stderr);
        assert!(
            errors.contains("work | publish [NUMBER] | letters | replay"),
            "{errors}"
        );
    }
}
