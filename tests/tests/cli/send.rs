//! `eventkit send` over HTTP.

use std::process::Stdio;
use std::time::Duration;
use std::{env, fs, process, thread};

use serde_json::Value;

use crate::program::{Running, command, event, finish, run, run_with};
use crate::servers::{answering, with_body};

#[test]
fn an_event_of_arguments_has_all_its_attributes() {
    let server = answering(204);
    let ended = run(&[
        "send",
        &server.url,
        "--type",
        "co.outcome.note",
        "--source",
        "/me",
        "--id",
        "1",
        "--subject",
        "s",
        "--time",
        "2026-01-31T09:30:00Z",
        "--data-schema",
        "https://example.com/schema",
        "--extension",
        "a=b=c",
        "--extension",
        "n=7",
        "--data",
        r#"{"x": 1.50}"#,
    ]);
    ended.assert_code(0);
    assert_eq!(
        ended.text(),
        "{\"id\":\"1\",\"outcome\":\"accepted\",\"source\":\"/me\",\"status\":204,\"type\":\"co.outcome.note\"}\n"
    );
    let request = &server.received()[0];
    for (name, value) in [
        ("ce-id", "1"),
        ("ce-subject", "s"),
        ("ce-time", "2026-01-31T09:30:00Z"),
        ("ce-a", "b=c"),
        ("ce-n", "7"),
        ("ce-dataschema", "https://example.com/schema"),
        ("content-type", "application/json"),
    ] {
        assert_eq!(request.headers[name], value, "{name}");
    }
    assert_eq!(request.body, r#"{"x": 1.50}"#);
}

#[test]
fn data_may_be_text_or_a_file() {
    let server = answering(200);
    let common = ["send", &server.url, "--type", "t", "--source", "/s"];
    let text = ["--data", "hello", "--content-type", "text/plain"];
    run(&[&common[..], &text].concat()).assert_code(0);
    let file = env::temp_dir().join(format!("eventkit-cli-data-{}", process::id()));
    fs::write(&file, [0xff, 0, 1]).unwrap();
    let binary = [
        "--data-file",
        file.to_str().unwrap(),
        "--content-type",
        "image/png",
    ];
    run(&[&common[..], &binary].concat()).assert_code(0);
    fs::remove_file(file).unwrap();
    let json = ["--data", "{\"a\":1}", "--content-type", "model/json"];
    run(&[&common[..], &json].concat()).assert_code(0);
    let refused = run(&[&common[..], &["--data", "hello"]].concat());
    refused.assert_code(2);
    refused.assert_says(&["--content-type"]);
    let received = server.received();
    assert_eq!(received[0].body, "hello");
    assert_eq!(received[0].headers["content-type"], "text/plain");
    assert_eq!(&received[1].body[..], [0xff, 0, 1]);
    assert_eq!(received[2].body, "{\"a\":1}");
}

#[test]
fn each_mode_has_its_messages() {
    let server = answering(202);
    let lines: String = (0..5)
        .map(|id| event(&id.to_string(), "t") + "\n")
        .collect();
    run_with(&["send", &server.url], lines.as_str()).assert_code(0);
    let binary = server.received();
    assert_eq!(binary.len(), 5);
    let ids: Vec<_> = binary
        .iter()
        .map(|own| own.headers["ce-id"].clone())
        .collect();
    assert_eq!(ids, ["0", "1", "2", "3", "4"]);

    run_with(
        &["send", &server.url, "--mode", "structured"],
        lines.as_str(),
    )
    .assert_code(0);
    let structured = &server.received()[5];
    assert_eq!(
        structured.headers["content-type"],
        "application/cloudevents+json"
    );
    assert_eq!(structured.body, event("0", "t"));

    let ended = run_with(
        &["send", &server.url, "--mode", "batch", "--batch-size", "3"],
        lines,
    );
    ended.assert_code(0);
    assert_eq!(ended.json().len(), 5);
    let batches = server.received()[10..].to_vec();
    let sizes = batches.iter().map(|own| {
        let body: Vec<Value> = serde_json::from_slice(&own.body).unwrap();
        body.len()
    });
    assert_eq!(sizes.collect::<Vec<_>>(), [3, 2]);
    assert!(
        batches[0].headers["content-type"]
            .to_str()
            .unwrap()
            .contains("batch")
    );
}

#[test]
fn refused_and_invalid_events_do_not_stop_the_others() {
    let server = with_body(|count| match count {
        2 => (422, "{\"title\": \"no\nsuch order\"}".to_owned()),
        _ => (200, String::new()),
    });
    let input = format!(
        "{}\n{}\n{{}}\n{}\n",
        event("1", "t"),
        event("2", "t"),
        event("4", "t")
    );
    let ended = run_with(&["send", &server.url], input);
    ended.assert_code(4);
    ended.assert_says(&["2 events delivered, 2 failed"]);
    let outcomes: Vec<_> = ended
        .json()
        .iter()
        .map(|own| own["outcome"].clone())
        .collect();
    assert_eq!(outcomes, ["accepted", "refused", "invalid", "accepted"]);
    let refused = &ended.json()[1];
    assert_eq!(refused["status"], 422);
    assert_eq!(refused["error"], "{\"title\": \"no such order\"}");
    assert_eq!(ended.json()[2]["line"], 3);

    let ended = run_with(&["send", &answering(500).url], event("1", "t"));
    ended.assert_code(1);
}

#[test]
fn no_event_is_sent_after_a_failed_connection() {
    let lines: String = (0..5)
        .map(|id| event(&id.to_string(), "t") + "\n")
        .collect();
    let ended = run_with(&["send", "http://127.0.0.1:1"], lines);
    ended.assert_code(3);
    assert_eq!(ended.json().len(), 1);
    ended.assert_says(&[
        "0 events delivered, 1 failed",
        "last event that was sent: line 1",
    ]);
}

#[test]
fn answers_are_in_order_with_requests_in_flight() {
    let server = answering(200);
    let lines: String = (0..200)
        .map(|id| event(&id.to_string(), "t") + "\n")
        .collect();
    let ended = run_with(
        &["send", &server.url, "--in-flight", "16", "--rate", "10000"],
        lines,
    );
    ended.assert_code(0);
    let ids = ended
        .json()
        .into_iter()
        .map(|own| own["line"].as_u64().unwrap());
    assert!(ids.eq(1..=200));
    assert_eq!(server.received().len(), 200);
}

#[test]
fn the_highest_rate_is_accepted() {
    let server = answering(200);
    let rate = u32::MAX.to_string();
    let ended = run_with(&["send", &server.url, "--rate", &rate], event("1", "t"));
    ended.assert_code(0);
}

#[test]
fn credentials_are_sent() {
    let server = answering(200);
    let file = env::temp_dir().join(format!("eventkit-cli-token-{}", process::id()));
    fs::write(&file, "from-file\n").unwrap();
    let (url, flags) = (server.url.as_str(), ["--type", "t", "--source", "/s"]);
    let with = |more: &[&'static str]| [&["send", url][..], &flags, more].concat();
    let token_file = ["--token-file", file.to_str().unwrap()];
    run(&[&with(&[])[..], &token_file].concat()).assert_code(0);
    fs::remove_file(file).unwrap();
    finish(command(&with(&[])).env("EVENTKIT_TOKEN", "from-env")).assert_code(0);
    run(&with(&["-H", "x-key: k", "-H", "x-other:o"])).assert_code(0);
    let url = server.url.replace("http://", "http://user:secret@");
    run(&[&["send", &url][..], &flags].concat()).assert_code(0);
    finish(command(&[&["send"][..], &flags].concat()).env("EVENTKIT_URL", &server.url))
        .assert_code(0);
    let received = server.received();
    let authorization = |at: usize| received[at].headers["authorization"].to_str().unwrap();
    assert_eq!(authorization(0), "Bearer from-file");
    assert_eq!(authorization(1), "Bearer from-env");
    assert_eq!(received[2].headers["x-key"], "k");
    assert_eq!(received[2].headers["x-other"], "o");
    assert!(authorization(3).starts_with("Basic "));
    assert_eq!(received.len(), 5);
    // An empty variable is no token.
    finish(command(&with(&[])).env("EVENTKIT_TOKEN", "")).assert_code(0);
    assert!(!server.received()[5].headers.contains_key("authorization"));
}

#[test]
fn a_signal_ends_sending_after_the_events_in_flight() {
    let server = answering(200);
    let mut sending = command(&["send", &server.url]);
    // After the first event, the pipe stays open without another one.
    let script = format!("echo '{}'; exec sleep 600", event("1", "t"));
    let mut other = process::Command::new("sh");
    let mut other = other
        .args(["-c", &script])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    sending.stdin(other.stdout.take().unwrap());
    let running = Running::spawn(&mut sending);
    running.line();
    running.signal("INT");
    running.message("last event that was sent: line 1");
    let (code, lines) = running.end();
    assert_eq!((code, lines.len()), (Some(130), 0));
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn a_second_signal_does_not_wait_for_the_events_in_flight() {
    // A server that accepts connections, and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let flags = ["--type", "t", "--source", "/s", "--timeout", "600"];
    let running = Running::start(&[&["send", &url][..], &flags].concat());
    let (_connection, _) = listener.accept().unwrap();
    running.signal("INT");
    thread::sleep(Duration::from_millis(500));
    running.signal("INT");
    running.message("interrupted again");
    assert_eq!(running.end(), (Some(130), vec![]));
}
