//! `eventkit convert`.

use std::{env, fs, process};

use crate::program::{event, run, run_with};

const WITH_DATA: &str = r#"{"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"application/json","n":7,"data":{"a":[1,2]}}"#;

#[test]
fn an_http_message_may_be_in_any_format() {
    let xml = run_with(&["convert", "--to", "xml"], event("1", "t"));
    let head = "POST / HTTP/1.1\r\ncontent-type: application/cloudevents+xml\r\n\r\n";
    let ended = run_with(
        &["convert", "--from", "http"],
        format!("{head}{}", xml.text()),
    );
    ended.assert_code(0);
    assert_eq!(ended.text().trim_end(), event("1", "t"));
}

#[test]
fn every_encoding_of_one_event_returns_it() {
    for encoding in [
        "json",
        "json-batch",
        "http",
        "http-structured",
        "http-batch",
        "protobuf",
        "protobuf-batch",
        "avro",
        "xml",
        "xml-batch",
    ] {
        let encoded = run_with(&["convert", "--to", encoding], WITH_DATA);
        encoded.assert_code(0);
        let decoded = run_with(&["convert", "--from", encoding], encoded.stdout.clone());
        decoded.assert_code(0);
        let value = &decoded.json()[0];
        assert_eq!(
            (&value["id"], &value["data"]["a"][1]),
            (&"1".into(), &2.into()),
            "{encoding}"
        );
    }
}

#[test]
fn batches_have_many_events() {
    let lines = format!("{}\n{}\n", event("1", "t"), event("2", "t"));
    for encoding in [
        "json",
        "json-batch",
        "http-batch",
        "protobuf-batch",
        "xml-batch",
    ] {
        let encoded = run_with(&["convert", "--to", encoding], lines.as_str());
        encoded.assert_code(0);
        let decoded = run_with(&["convert", "--from", encoding], encoded.stdout.clone());
        assert_eq!(decoded.text(), lines, "{encoding}");
    }
    for encoding in ["http", "http-structured", "protobuf", "avro", "xml"] {
        let refused = run_with(&["convert", "--to", encoding], lines.as_str());
        refused.assert_code(2);
        refused.assert_says(&["2 events"]);
    }
}

#[test]
fn an_http_message_is_a_request() {
    let ended = run_with(&["convert", "--to", "http"], WITH_DATA);
    let text = ended.text();
    assert!(text.starts_with("POST / HTTP/1.1\r\n"), "{text}");
    assert!(
        text.contains("ce-n: 7\r\n") && text.contains("content-length: 11\r\n"),
        "{text}"
    );
    assert!(text.ends_with("\r\n\r\n{\"a\":[1,2]}"), "{text}");
}

#[test]
fn http_messages_are_read_as_people_write_them() {
    let headers = "ce-specversion: 1.0\nCE-ID: 1\nce-source: /s\nce-type: t\ncontent-type: text/plain\n\nhello";
    for start in ["", "HTTP/1.1 200 OK\n", "PUT /x HTTP/1.1\r\n"] {
        let ended = run_with(&["convert", "--from", "http"], format!("{start}{headers}"));
        ended.assert_code(0);
        assert_eq!(ended.json()[0]["data"], "hello", "{start:?}");
    }
    let cut = headers.replace("\n\n", "\ncontent-length: 4\n\n");
    let ended = run_with(&["convert", "--from", "http"], cut);
    assert_eq!(ended.json()[0]["data"], "hell");
}

#[test]
fn malformed_messages_are_errors() {
    for (encoding, input, reason) in [
        ("http", "ce-id: 1", "empty line"),
        ("http", "ce-id 1\n\n", "malformed HTTP"),
        ("http", "x: 1\n\n", "not a CloudEvents message"),
        ("http", "ce-id: 1\n\n", "`specversion` is missing"),
        ("http", "content-length: 9\n\nhi", "expected 9"),
        ("http", "content-length: x\n\nhi", "not a number"),
        ("protobuf", "hello", ""),
        ("avro", "hello", ""),
        ("xml", "hello", ""),
        ("json", "{\"id\":\"1\"}", "line 1"),
    ] {
        let ended = run_with(&["convert", "--from", encoding], input);
        ended.assert_code(4);
        ended.assert_says(&["error:", reason]);
        assert!(ended.stdout.is_empty(), "{encoding}");
    }
}

#[test]
fn nothing_is_written_unless_all_can_be_converted() {
    let target = env::temp_dir().join(format!("eventkit-cli-convert-{}", process::id()));
    let path = target.to_str().unwrap();
    let input = format!("{}\n{{}}\n", event("1", "t"));
    let ended = run_with(&["convert", "-", path], input);
    ended.assert_code(4);
    assert!(!target.exists());

    let ended = run_with(&["convert", "--to", "protobuf", "-", path], event("1", "t"));
    ended.assert_code(0);
    let ended = run(&["convert", "--from", "protobuf", path]);
    assert_eq!(ended.text(), event("1", "t") + "\n");
    fs::remove_file(target).unwrap();
}
