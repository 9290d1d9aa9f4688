//! Wrong arguments, unreadable files, and pipes that are closed.

use std::io::Read;
use std::process::Stdio;

use crate::program::{command, event, run, run_of, run_with};
use eventkit_tests::folder::Folder;
use eventkit_tests::processes;

#[test]
fn wrong_arguments_have_the_code_2() {
    for arguments in [
        &["nothing"] as &[&str],
        &["send"],
        &["send", "ftp://example.com"],
        &["send", "example.com"],
        &["send", "http://localhost:1", "--type", "t"],
        &[
            "send",
            "http://localhost:1",
            "--type",
            "t",
            "--source",
            "/s",
            "--data",
            "{",
        ],
        &[
            "send",
            "http://localhost:1",
            "--type",
            "t",
            "--source",
            "/s",
            "--extension",
            "x",
        ],
        &[
            "send",
            "http://localhost:1",
            "--type",
            "t",
            "--source",
            "",
            "--id",
            "1",
        ],
        &["send", "nats://localhost:1", "--mode", "batch"],
        &["listen"],
        &["listen", "http://localhost:1"],
        &["listen", "nats://localhost:1", "--type", "a*"],
        &["listen", "nats://localhost:1", "--durable", "shop--receipt"],
        &["listen", "amqp://localhost:1", "--start", "oldest"],
        &["listen", "nats://localhost:1", "--filter", "type ="],
        &["filter", "type LIKE"],
        &["convert", "--to", "yaml"],
        &["letters", "list", "nats://localhost:1"],
        &["letters", "show", "nats://localhost:1", "--service", "shop"],
        &[
            "letters",
            "replay",
            "nats://localhost:1",
            "--service",
            "shop",
        ],
        &[
            "letters",
            "replay",
            "nats://localhost:1",
            "--service",
            "shop",
            "--all",
            "--id",
            "1",
        ],
        &[
            "letters",
            "delete",
            "nats://localhost:1",
            "--service",
            "shop",
            "--all",
        ],
        &["letters", "list", "http://localhost:1", "--service", "shop"],
        &["health", "nats://localhost:1"],
        &["completions", "cobol"],
    ] {
        let ended = run(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}: {ended:#?}");
        assert!(ended.stdout.is_empty(), "{arguments:?}: {ended:#?}");
        assert!(ended.stderr.contains("error:"), "{arguments:?}: {ended:#?}");
    }
}

#[test]
fn no_message_contains_a_secret() {
    for arguments in [
        &["send", "ftp://user:secret@localhost"] as &[&str],
        &[
            "send",
            "http://user:secret@localhost:1",
            "--type",
            "t",
            "--source",
            "/s",
        ],
        &[
            "send",
            "http://user:secret@[::1",
            "--type",
            "t",
            "--source",
            "/s",
        ],
        &[
            "send",
            "http://localhost:1",
            "-H",
            "secret",
            "--type",
            "t",
            "--source",
            "/s",
        ],
        &[
            "send",
            "nats://user:secret@127.0.0.1:1",
            "--type",
            "t",
            "--source",
            "/s",
        ],
        &[
            "send",
            "amqp://user:secret@127.0.0.1:1",
            "--type",
            "t",
            "--source",
            "/s",
        ],
        &[
            "send",
            "amqp://user:secret@127.0.0.1:x",
            "--type",
            "t",
            "--source",
            "/s",
        ],
        &["listen", "nats://user:secret@127.0.0.1:1"],
        &["listen", "nats://user:secret@127.0.0.1:x"],
        &["listen", "amqp://user:secret@127.0.0.1:1"],
        &["health", "http://user:secret@127.0.0.1:1"],
    ] {
        let ended = run(arguments);
        assert!(
            matches!(ended.code, Some(2 | 3)),
            "{arguments:?}: {ended:#?}"
        );
        let all = format!("{}{}", ended.text(), ended.stderr);
        assert!(!all.contains("secret"), "{arguments:?}: {all}");
    }
    let mut help = command(&["send", "--help"]);
    help.env("EVENTKIT_URL", "http://from-env")
        .env("EVENTKIT_TOKEN", "from-env");
    let ended = run_of(processes::output(&mut help));
    assert!(!ended.text().contains("from-env"), "{}", ended.text());
}

#[test]
fn an_unreachable_broker_has_the_code_3() {
    for url in [
        "http://127.0.0.1:1",
        "nats://127.0.0.1:1",
        "amqp://127.0.0.1:1",
    ] {
        let ended = run(&["send", url, "--type", "t", "--source", "/s"]);
        ended.assert_code(3);
    }
}

#[test]
fn a_file_that_cannot_be_read_has_the_code_4() {
    for arguments in [
        &["validate", "/no/such/file"] as &[&str],
        &["filter", "TRUE", "/no/such/file"],
        &["convert", "/no/such/file"],
        &["send", "http://127.0.0.1:1", "--file", "/no/such/file"],
    ] {
        let ended = run(arguments);
        ended.assert_code(4);
        ended.assert_says(&["/no/such/file"]);
    }
}

#[test]
fn an_input_without_events_has_the_code_4() {
    for arguments in [
        &["validate"] as &[&str],
        &["convert"],
        &["convert", "--from", "protobuf"],
        &["send", "http://127.0.0.1:1"],
    ] {
        let ended = run_with(arguments, " \n\n");
        ended.assert_code(4);
    }
}

#[test]
fn a_reader_that_stops_ends_the_command_quietly() {
    let line = event("1", "t") + "\n";
    let file = std::env::temp_dir().join(format!("eventkit-cli-pipe-{}", std::process::id()));
    std::fs::write(&file, line.repeat(100_000)).unwrap();
    let mut child = command(&["filter", "TRUE"])
        .arg(&file)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let ended = run_of(processes::finish(child));
    std::fs::remove_file(&file).unwrap();
    ended.assert_code(0);
    assert_eq!(ended.stderr, "");
}

#[test]
fn events_that_are_not_sent_because_the_output_is_closed_are_an_error() {
    let server = crate::servers::answering(200);
    let file = std::env::temp_dir().join(format!("eventkit-cli-send-{}", std::process::id()));
    std::fs::write(&file, (event("1", "t") + "\n").repeat(10_000)).unwrap();
    let mut child = command(&["send", &server.url, "--file"])
        .arg(&file)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = run_of(processes::finish(child));
    std::fs::remove_file(&file).unwrap();
    ended.assert_code(4);
    ended.assert_says(&["the output is closed", "delivered"]);
}

#[test]
fn completions_are_scripts() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ended = run(&["completions", shell]);
        ended.assert_code(0);
        assert!(ended.text().contains("letters"), "{shell}");
    }
}

#[test]
fn a_file_without_the_seed_of_an_nkey_is_named() {
    let folder = Folder::create();
    let path = folder.write("seed.nk", "SUAMALFORMED");
    let path = path.to_str().unwrap();
    let ended = run_with(
        &["send", "nats://127.0.0.1:1", "--nkey", path],
        event("1", "t"),
    );
    ended.assert_code(4);
    ended.assert_says(&[path, "no seed of an nkey"]);
    assert!(!ended.stderr.contains("SUAMALFORMED"), "{ended:#?}");
}
