//! The orders on NATS, each role a process.

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
    last.expect("it says something").to_owned()
}

/// A worker; it is killed where the test fails.
struct Worker(Option<Child>);

impl Worker {
    fn start(server: &Server, limit: &str) -> Self {
        let child = command("orders_on_nats")
            .arg("work")
            .env("NATS_URL", server.url())
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

/// Waits until a role says something in its last line.
fn wait_for(server: &Server, arguments: &[&str], wanted: &str) -> Output {
    let start = Instant::now();
    loop {
        let output = role(server, arguments);
        let last = last_line(&output);
        if last == wanted {
            return output;
        }
        assert!(start.elapsed() < PATIENCE, "{last}, not {wanted}");
        sleep(Duration::from_millis(100));
    }
}

#[test]
fn what_could_not_be_handled_is_kept_and_replayed() {
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
        let line = line.expect("a letter for each order that is too dear");
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
    // Three that were replayed, and nothing of what had been done.
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
fn a_server_that_is_not_there_is_said() {
    let mut command = command("orders_on_nats");
    // Nobody listens on the port for what is discarded.
    let output = output(command.arg("publish").env("NATS_URL", "nats://127.0.0.1:9"));
    assert!(!output.status.success());
    let errors = text(&output.stderr);
    assert!(errors.contains("127.0.0.1:9"), "{errors}");
}

#[test]
fn a_role_that_it_does_not_have_is_said() {
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
