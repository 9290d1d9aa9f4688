//! The responses of the shop to valid and invalid requests. It continues after each.

use serde_json::json;

use super::shop::{Answer, HANDLERS, ORDER, PLACED, Shop};

const STRUCTURED: &str = "content-type: application/cloudevents+json";
const BATCH: &str = "content-type: application/cloudevents-batch+json";

/// Returns the headers of a valid event without one of them.
fn placed_without(name: &str) -> Vec<&'static str> {
    PLACED
        .iter()
        .copied()
        .filter(|header| !header.starts_with(name))
        .collect()
}

fn structured(id: &str, ty: &str, data: &str) -> String {
    format!(r#"{{"specversion":"1.0","id":"{id}","source":"/curl","type":"{ty}","data":{data}}}"#)
}

#[track_caller]
fn assert_problem(answer: &Answer, status: u16, title: &str, detail: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.content_type, "application/problem+json");
    assert_eq!(answer.json["status"], status);
    assert_eq!(answer.json["title"], title);
    assert_eq!(answer.json["detail"], detail);
}

/// Asserts how a request is refused, and that the next valid one is accepted.
#[track_caller]
fn assert_refused(headers: &[&str], body: &str, status: u16, title: &str, detail: &str) {
    let shop = Shop::open();
    assert_problem(&shop.post(headers, body), status, title, detail);
    shop.assert_open();
}

#[test]
fn an_event_in_binary_mode_is_handled() {
    let answer = Shop::open().post(PLACED, ORDER);
    assert_eq!(
        (answer.status, &*answer.content_type),
        (200, "application/json")
    );
    let ran = json!({ "id": "1", "type": "co.outcome.order.placed", "handlers": HANDLERS });
    assert_eq!(answer.json, json!({ "events": [ran] }));
}

#[test]
fn an_event_in_structured_mode_is_handled() {
    let event = structured("1", "co.outcome.order.placed", ORDER);
    let answer = Shop::open().post(&[STRUCTURED], &event);
    assert_eq!(
        (answer.status, answer.handlers(0)),
        (200, HANDLERS.to_vec())
    );
}

#[test]
fn a_batch_is_handled_event_by_event() {
    let placed = structured("1", "co.outcome.order.placed", ORDER);
    let foreign = structured("2", "org.example.other", "1");
    let answer = Shop::open().post(&[BATCH], &format!("[{placed},{foreign}]"));
    assert_eq!(
        (answer.status, answer.handlers(0)),
        (200, HANDLERS.to_vec())
    );
    assert_eq!(answer.json["events"][1]["id"], "2");
    assert!(
        answer.handlers(1).is_empty(),
        "an event without handlers should not be an error"
    );
}

#[test]
fn an_empty_batch_is_fine() {
    let shop = Shop::open();
    let answer = shop.post(&[BATCH], "[]");
    assert_eq!((answer.status, answer.json), (200, json!({ "events": [] })));
    shop.assert_open();
}

#[test]
fn the_suggested_commands_work() {
    let shop = Shop::open();
    assert_eq!(shop.commands.len(), 3);
    for command in &shop.commands {
        let quoted = |option| {
            command
                .split(option)
                .skip(1)
                .filter_map(|rest| rest.split('\'').next())
        };
        let headers: Vec<&str> = quoted("-H '").collect();
        let body = quoted("-d '").next().expect("a body");
        let answer = shop.post(&headers, body);
        assert_eq!(
            (answer.status, answer.handlers(0)),
            (200, HANDLERS.to_vec()),
            "{command}"
        );
    }
}

#[test]
fn a_failing_handler_is_a_500_that_names_it() {
    let order = r#"{"order_id":"A-1","customer":"ann","total_cents":5000000}"#;
    let detail = "event 1: shop::orders::charge_card: the card was declined";
    assert_refused(PLACED, order, 500, "Handlers failed", detail);
}

#[test]
fn a_failure_in_a_batch_names_its_event() {
    let placed = structured("1", "co.outcome.order.placed", ORDER);
    let cancelled = structured("2", "co.outcome.order.cancelled", "{}");
    let detail = "event 2: shop::orders::keep_timeline: failed to decode the data of the event as \
                  shop::orders::OrderCancelled: missing field `order_id` at line 1 column 2";
    let batch = format!("[{placed},{cancelled}]");
    assert_refused(&[BATCH], &batch, 422, "Event does not fit", detail);
}

#[test]
fn data_that_does_not_fit_a_known_type_is_a_422() {
    let detail = "event 1: shop::orders::send_receipt, shop::orders::charge_card, \
                  shop::orders::keep_timeline: failed to decode the data of the event as \
                  shop::orders::OrderPlaced: invalid type: integer `7`, expected a string at line 1 \
                  column 13";
    assert_refused(
        PLACED,
        r#"{"order_id":7}"#,
        422,
        "Event does not fit",
        detail,
    );
}

#[test]
fn data_that_is_not_json_is_a_400_in_binary_mode() {
    let detail = "event 1: shop::orders::send_receipt, shop::orders::charge_card, \
                  shop::orders::keep_timeline: failed to decode the data of the event as \
                  shop::orders::OrderPlaced: expected ident at line 1 column 2";
    assert_refused(PLACED, "not json", 400, "Event does not fit", detail);
}

#[test]
fn a_body_that_is_not_json_is_a_400_in_structured_mode() {
    let detail = "malformed JSON: expected ident at line 1 column 2";
    assert_refused(&[STRUCTURED], "not json", 400, "Malformed message", detail);
}

#[test]
fn a_missing_id_is_a_400_that_names_it() {
    let shop = Shop::open();
    let answer = shop.post(&placed_without("ce-id"), ORDER);
    let detail = "not a valid event: attribute `id` is missing, expected a value: the attribute is \
                  required (core, REQUIRED Attributes)";
    assert_problem(&answer, 400, "Invalid event", detail);
    assert_eq!(answer.json["violations"][0]["attribute"], "id");
    shop.assert_open();
}

#[test]
fn an_unknown_specversion_is_a_400() {
    let headers = [
        &placed_without("ce-specversion")[..],
        &["ce-specversion: 9.0"],
    ]
    .concat();
    let detail = r#"`specversion` is "9.0", expected "1.0" (core, specversion)"#;
    assert_refused(&headers, ORDER, 400, "Unsupported specversion", detail);
}

#[test]
fn a_request_without_an_event_is_a_400() {
    let detail = "not a CloudEvents message: neither an `application/cloudevents` content type nor \
                  `ce-` headers";
    let form = ["content-type: application/x-www-form-urlencoded"];
    assert_refused(&form, "order=A-1", 400, "Not a CloudEvents message", detail);
}

#[test]
fn invalid_percent_encoding_is_a_400() {
    for (subject, expected) in [
        ("100%ZZ", "two hexadecimal digits after each `%`"),
        ("%FF", "UTF-8 after percent-decoding"),
    ] {
        let subject_header = format!("ce-subject: {subject}");
        let detail = format!(
            "not a valid event: attribute `subject` is \"{subject}\", expected {expected} (HTTP \
             binding, 3.1.3.2)"
        );
        let headers = [PLACED, &[&subject_header]].concat();
        assert_refused(&headers, ORDER, 400, "Invalid event", &detail);
    }
}

#[test]
fn a_format_that_is_not_registered_is_a_415() {
    let headers = ["content-type: application/cloudevents+xml"];
    let detail = "no event format is registered for the media type \"application/cloudevents+xml\"";
    assert_refused(&headers, "<event/>", 415, "Unsupported media type", detail);
}

#[test]
fn a_body_over_the_limit_is_a_413_before_its_end() {
    const MIB: usize = 1024 * 1024;
    let shop = Shop::open();
    let announced = ["content-length: 104857600"];
    let chunked = ["transfer-encoding: chunked"];
    let piece = vec![b' '; MIB];
    let chunk = [format!("{MIB:x}\r\n").as_bytes(), &piece, b"\r\n"].concat();
    for (framing, piece) in [(announced, &piece), (chunked, &chunk)] {
        let headers = [PLACED, &framing].concat();
        let (answer, sent) = shop.pour(&headers, piece, 100);
        let detail = "the body exceeds the limit of this server";
        assert_problem(&answer, 413, "Body too large", detail);
        assert!(sent < 100, "the shop should not read the whole body");
        shop.assert_open();
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_shuts_the_shop_down_gracefully() {
    let shop = Shop::open();
    shop.assert_open();
    let (code, log) = shop.interrupt();
    assert_eq!(code, Some(0));
    assert!(log.contains("ok      shop::orders::charge_card"), "{log}");
    assert!(log.ends_with("The shop is closed.\n"), "{log}");
}

#[test]
fn a_closed_log_does_not_stop_the_shop() {
    let mut shop = Shop::open();
    shop.log = None;
    shop.assert_open();
    shop.assert_open();
}
