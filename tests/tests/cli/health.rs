//! `eventkit health`.

use crate::program::run;
use crate::servers::with_body;

#[test]
fn the_exit_code_is_the_answer() {
    let server = with_body(|_| (200, r#"{"status": "ready", "lag": 3}"#.to_owned()));
    let url = format!("{}/ready", server.url);
    let ended = run(&["health", &url]);
    ended.assert_code(0);
    let value = &ended.json()[0];
    assert_eq!(
        (&value["ready"], &value["status"]),
        (&true.into(), &200.into())
    );
    assert_eq!(value["body"]["lag"], 3);
    assert_eq!(server.received()[0].path, "/ready");

    let server = with_body(|_| (503, r#"{"status": "starting"}"#.to_owned()));
    let ended = run(&["health", &server.url, "-o", "text"]);
    ended.assert_code(1);
    assert_eq!(
        ended.text(),
        "not ready (status 503)\n{\n  \"status\": \"starting\"\n}\n"
    );
    ended.assert_says(&["503"]);
}

#[test]
fn a_server_that_does_not_respond_is_named_without_credentials() {
    let ended = run(&["health", "http://user:secret@127.0.0.1:1/ready?key=secret"]);
    ended.assert_code(3);
    ended.assert_says(&["127.0.0.1:1 did not respond"]);
    assert!(!ended.stderr.contains("secret"), "{ended:#?}");
}

#[test]
fn a_response_that_is_no_json_is_shown_as_text() {
    let server = with_body(|_| (502, "<b>Bad\u{1b}[2J gateway</b>".to_owned()));
    let ended = run(&["health", &server.url, "-o", "text"]);
    ended.assert_code(1);
    assert!(!ended.text().contains('\u{1b}'), "{}", ended.text());
    let ended = run(&["health", &server.url]);
    assert_eq!(ended.json()[0]["body"], "<b>Bad\u{1b}[2J gateway</b>");
}
