//! `eventkit validate`.

use std::{env, fs, process};

use serde_json::json;

use crate::program::{event, run, run_with};

#[test]
fn valid_events_are_valid_in_every_form() {
    let (one, two) = (event("1", "t"), event("2", "t"));
    for (input, count) in [
        (one.clone(), "1 event,"),
        (format!("\n\n{one}\n{two}\r\n\n"), "2 events,"),
        (format!("[{one},{two}]"), "2 events,"),
        // With a byte order mark.
        (format!("\u{feff}{one}\n{two}\n"), "2 events,"),
        (format!("\u{feff}{}", one.replace(',', ",\n")), "1 event,"),
        (format!("[\n{one},\n{two}\n]\n"), "2 events,"),
        (one.replace(',', ",\n"), "1 event,"),
        (format!("[{one}]\n[{two},{two}]\n{one}"), "4 events,"),
        (
            format!("{}\n[\n{two}]{one}", one.replace(',', ",\n")),
            "3 events,",
        ),
    ] {
        let ended = run_with(&["validate"], input.as_str());
        assert_eq!(ended.code, Some(0), "{input}: {ended:#?}");
        ended.assert_says(&[count]);
        assert!(ended.stdout.is_empty());
    }
}

#[test]
fn each_violation_has_its_place_and_path() {
    let wrong = r#"{"specversion":"1.0","id":"","source":"/s","type":"t","time":"noon"}"#;
    let input = format!(
        "{}\n{wrong}\n[{},{wrong}]",
        event("1", "t"),
        event("2", "t")
    );
    let ended = run_with(&["validate"], input.as_str());
    ended.assert_code(1);
    ended.assert_says(&["4 events, 2 invalid"]);
    let found = ended.json();
    let places: Vec<_> = found
        .iter()
        .map(|own| {
            (
                own["line"].as_u64(),
                own["index"].as_u64(),
                own["path"].as_str(),
            )
        })
        .collect();
    let expected = [
        (Some(2), None, Some("/time")),
        (Some(2), None, Some("/id")),
        (Some(3), Some(1), Some("/time")),
        (Some(3), Some(1), Some("/id")),
    ];
    assert_eq!(places, expected);
    assert_eq!(found[0]["value"], json!("noon"));
    assert!(found[0]["section"].as_str().unwrap().contains("core"));
}

#[test]
fn several_files_are_told_apart() {
    let folder = env::temp_dir().join(format!("eventkit-cli-validate-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (sound, wrong) = (folder.join("sound.json"), folder.join("wrong.json"));
    fs::write(&sound, event("1", "t").replace(',', ",\n")).unwrap();
    fs::write(&wrong, event("", "t")).unwrap();
    let ended = run(&["validate", sound.to_str().unwrap(), wrong.to_str().unwrap()]);
    fs::remove_dir_all(&folder).unwrap();
    ended.assert_code(1);
    ended.assert_says(&["2 events, 1 invalid"]);
    let files: Vec<_> = ended.json().iter().map(|own| own["file"].clone()).collect();
    assert_eq!(files, [wrong.to_str().unwrap()]);
}

#[test]
fn a_malformed_line_does_not_hide_the_others() {
    let input = format!("{{\"id\" 1}}\n{}\n7\n[1,\n", event("1", "t"));
    let ended = run_with(&["validate"], input.as_str());
    ended.assert_code(1);
    ended.assert_says(&["4 events, 3 invalid"]);
    let lines: Vec<_> = ended
        .json()
        .iter()
        .map(|own| own["line"].as_u64())
        .collect();
    assert_eq!(lines, [Some(1), Some(3), Some(4)]);
}

#[test]
fn text_is_for_people_and_has_no_control_characters() {
    let input = "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\",\"\\u001b[2Jx\":\"y\\n\"}";
    let ended = run_with(&["validate", "--output", "text"], input);
    ended.assert_code(1);
    assert_eq!(ended.text().lines().count(), 1, "{}", ended.text());
    assert!(
        ended.text().starts_with("line 1: invalid: "),
        "{}",
        ended.text()
    );
    assert!(!ended.text().contains('\u{1b}'));
}

#[test]
fn a_large_batch_is_read_one_event_at_a_time() {
    let data = "x".repeat(1_000_000);
    let event = event("1", "t").replace('}', &format!(r#","data":"{data}"}}"#));
    let batch = format!("[\n{}\n]", vec![event.as_str(); 40].join(",\n"));
    let ended = run_with(&["validate"], batch);
    ended.assert_code(0);
    ended.assert_says(&["40 events"]);
}

#[test]
fn an_event_that_is_too_large_is_an_error() {
    let data = "x".repeat(17 * 1024 * 1024);
    let event = event("1", "t").replace('}', &format!(r#","data":"{data}"}}"#));
    for input in [
        event.clone(),
        format!("[\n{event}\n]"),
        event.replace(',', ",\n"),
    ] {
        let ended = run_with(&["validate"], input);
        ended.assert_code(4);
        ended.assert_says(&["maximum size of an event"]);
    }
}
