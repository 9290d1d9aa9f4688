//! `eventkit listen` over HTTP.

use std::{env, fs, process};

use crate::program::{Running, event, run_with};

fn start(more: &[&str]) -> (Running, String) {
    let running = Running::start(&[&["listen", "--bind", "127.0.0.1:0"], more].concat());
    let message = running.message("listening on ");
    let (_, rest) = message.split_once("listening on ").unwrap();
    let url = rest.split(';').next().unwrap().to_owned();
    (running, url)
}

#[test]
fn events_are_printed_as_lines_until_the_count() {
    let (running, url) = start(&["--count", "3"]);
    run_with(&["send", &url], event("1", "t")).assert_code(0);
    assert_eq!(running.line(), event("1", "t"));
    let batch = format!("{}\n{}\n", event("2", "t"), event("3", "t"));
    run_with(&["send", &url, "--mode", "batch"], batch).assert_code(0);
    let (code, lines) = running.end();
    assert_eq!(code, Some(0));
    assert_eq!(lines, [event("2", "t"), event("3", "t")]);
}

#[test]
fn ctrl_c_ends_it_and_later_events_stay_with_their_sender() {
    let (running, url) = start(&[]);
    run_with(&["send", &url], event("1", "t")).assert_code(0);
    running.signal("INT");
    let (code, lines) = running.end();
    assert_eq!(code, Some(0));
    assert_eq!(lines, [event("1", "t")]);
    run_with(&["send", &url], event("2", "t")).assert_code(3);
}

#[test]
fn other_types_and_events_are_not_printed() {
    let (running, url) = start(&[
        "--type",
        "a.*",
        "--type",
        "b",
        "--filter",
        "id <> '3'",
        "--count",
        "2",
    ]);
    for (id, ty) in [("1", "a.x"), ("2", "c"), ("3", "b"), ("4", "b")] {
        run_with(&["send", &url], event(id, ty)).assert_code(0);
    }
    let (code, lines) = running.end();
    assert_eq!(
        (code, lines),
        (Some(0), vec![event("1", "a.x"), event("4", "b")])
    );
}

#[test]
fn a_request_that_is_no_event_is_refused() {
    let (running, url) = start(&[]);
    let ended = run_with(
        &["send", &url, "-H", "content-encoding: gzip"],
        event("1", "t"),
    );
    ended.assert_code(1);
    assert_eq!(ended.json()[0]["status"], 415);
    running.signal("TERM");
    assert_eq!(running.end(), (Some(0), vec![]));
}

#[test]
fn senders_need_the_token() {
    let file = env::temp_dir().join(format!("eventkit-cli-listen-{}", process::id()));
    fs::write(&file, "secret\n").unwrap();
    let path = file.to_str().unwrap();
    let (running, url) = start(&["--token-file", path, "--count", "1"]);
    let ended = run_with(&["send", &url], event("1", "t"));
    ended.assert_code(1);
    assert_eq!(ended.json()[0]["status"], 401);
    run_with(&["send", &url, "--token-file", path], event("2", "t")).assert_code(0);
    assert_eq!(running.end(), (Some(0), vec![event("2", "t")]));
    fs::remove_file(file).unwrap();
}

#[test]
fn an_address_in_use_has_the_code_3() {
    let (_running, url) = start(&[]);
    let address = url.trim_start_matches("http://");
    crate::program::run(&["listen", "--bind", address]).assert_code(3);
}
