//! Colours, tables and questions on a terminal, which `script` of util-linux provides.

use std::io::Write;
use std::process::{Command, Stdio};

use eventkit_tests::processes;

use crate::program::{Run, event, finish, path, run_of};

/// Runs a command line of a shell on a terminal, with what a person types.
fn on_terminal(line: &str, typed: &str) -> Option<Run> {
    let has_script = Command::new("script")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if !has_script.is_ok_and(|status| status.success()) {
        return None;
    }
    let line = line.replace("eventkit", path().to_str().expect("a path"));
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .env_remove("NO_COLOR")
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("script starts");
    child
        .stdin
        .take()
        .expect("an input")
        .write_all(typed.as_bytes())
        .expect("it is read");
    Some(run_of(processes::finish(child)))
}

fn invalid() -> String {
    event("", "t").replace('"', "\\\"")
}

#[test]
fn results_are_coloured_text_on_a_terminal() {
    let line = format!("echo \"{}\" | eventkit validate", invalid());
    let Some(ended) = on_terminal(&line, "") else {
        return;
    };
    ended.assert_code(1);
    assert!(ended.text().contains("\u{1b}["), "{}", ended.text());
    assert!(ended.text().contains("line 1"), "{}", ended.text());
}

#[test]
fn no_color_disables_colours() {
    let line = format!("echo \"{}\" | NO_COLOR=1 eventkit validate", invalid());
    let Some(ended) = on_terminal(&line, "") else {
        return;
    };
    assert!(!ended.text().contains("\u{1b}["), "{}", ended.text());
    assert!(ended.text().contains("line 1: invalid"), "{}", ended.text());
}

#[test]
fn binary_output_is_not_written_to_a_terminal() {
    let line = format!(
        "echo \"{}\" | eventkit convert --to protobuf",
        event("1", "t").replace('"', "\\\"")
    );
    let Some(ended) = on_terminal(&line, "") else {
        return;
    };
    ended.assert_code(2);
    assert!(ended.text().contains("redirect"), "{}", ended.text());
}

#[test]
fn output_that_is_no_terminal_has_no_colours() {
    let ended = finish(crate::program::command(&["nothing"]).env("TERM", "xterm"));
    assert!(!ended.stderr.contains('\u{1b}'), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn deletions_are_confirmed() {
    use eventkit_service::DeadLetters;
    let Some((server, nats)) = crate::brokers::nats_with("shop").await else {
        return;
    };
    let url = format!("{}/shop", server.url());
    crate::letters::fail_one(&nats).await;
    let line = format!("eventkit letters delete {url} --service billing --all");
    let count = async || {
        DeadLetters::new(nats.clone(), "billing")
            .list()
            .await
            .unwrap()
            .len()
    };
    let before = count().await;
    let Some(ended) = on_terminal(&line, "n\n") else {
        return;
    };
    ended.assert_code(1);
    assert!(
        ended.text().contains("nothing was deleted"),
        "{}",
        ended.text()
    );
    assert!(ended.text().contains("order.placed"), "{}", ended.text());
    assert_eq!(count().await, before);
    let ended = on_terminal(&line, "y\n").unwrap();
    ended.assert_code(0);
    assert!(
        ended.text().contains("deleted 2 dead letters"),
        "{}",
        ended.text()
    );
    assert_eq!(count().await, 0);
}
