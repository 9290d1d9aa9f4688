//! `eventkit filter`.

use crate::program::{event, run_with};

fn events() -> String {
    format!(
        "{}\n{}\n{}",
        event("1", "a.b"),
        event("2", "a.c"),
        event("3", "a.b")
    )
}

#[test]
fn matching_events_are_printed() {
    let ended = run_with(&["filter", "type = 'a.b'"], events());
    ended.assert_code(0);
    assert_eq!(
        ended.text(),
        format!("{}\n{}\n", event("1", "a.b"), event("3", "a.b"))
    );
    assert_eq!(ended.stderr, "");
}

#[test]
fn no_matching_event_has_the_code_1() {
    let ended = run_with(&["filter", "type = 'x'"], events());
    ended.assert_code(1);
    assert_eq!((ended.text(), ended.stderr.as_str()), ("", ""));
}

#[test]
fn an_event_on_several_lines_is_printed_on_one() {
    let spread = event("1", "t").replace('}', ",\"data\":{\n\"a\":\n[1.50,\r\n\"b  c\"]}}");
    let ended = run_with(&["filter", "TRUE"], spread);
    ended.assert_code(0);
    assert_eq!(ended.text().lines().count(), 1);
    let value = &ended.json()[0];
    assert_eq!(value["data"]["a"][1], "b  c");
    assert!(ended.text().contains("1.50"), "{}", ended.text());
}

#[test]
fn invalid_events_are_reported_and_the_others_printed() {
    let input = format!(
        "{}\n{{\"id\":\"2\"}}\n{{\n{}",
        event("1", "t"),
        event("3", "t")
    );
    let ended = run_with(&["filter", "TRUE"], input);
    ended.assert_code(4);
    assert_eq!(
        ended.text(),
        format!("{}\n{}\n", event("1", "t"), event("3", "t"))
    );
    ended.assert_says(&["line 2: ", "line 3: ", "2 of the events are invalid"]);

    let ended = run_with(&["filter", "TRUE"], "{}");
    ended.assert_says(&["1 of the events is invalid"]);
}

#[test]
fn a_parse_error_has_a_caret() {
    let ended = run_with(&["filter", "type LIKE 'a' AN id = '1'"], "");
    ended.assert_code(2);
    ended.assert_says(&["type LIKE 'a' AN id = '1'", "              ^^"]);
}

#[test]
fn errors_of_the_expression_are_reported_once() {
    let ended = run_with(&["filter", "priority > 3"], events());
    ended.assert_code(1);
    ended.assert_says(&["for 3 of the events", "no attribute `priority`"]);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
}

#[test]
fn an_explanation_shows_each_part() {
    let arguments = ["filter", "--explain", "type = 'a.b' AND n > 3"];
    let ended = run_with(
        &[&arguments[..], &["-o", "text"]].concat(),
        event("1", "a.b"),
    );
    ended.assert_code(1);
    let expected = "\
line 1, a.b 1 from /s: does not match, because of an error
  type = 'a.b' AND n > 3: false
    type = 'a.b': true
      type: \"a.b\"
    n > 3: false
      n: absent (error: the event has no attribute `n`)
";
    assert_eq!(ended.text(), expected);

    let ended = run_with(&arguments, event("1", "a.b").replace('}', ",\"n\":4}"));
    ended.assert_code(0);
    let value = &ended.json()[0];
    assert_eq!(
        (&value["matches"], &value["id"]),
        (&true.into(), &"1".into())
    );
    let steps = value["steps"].as_array().unwrap();
    let n = steps.iter().find(|step| step["part"] == "n").unwrap();
    assert_eq!((&n["value"], &n["depth"]), (&4.into(), &2.into()));
}
