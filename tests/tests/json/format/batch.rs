//! The JSON batch format.

use bytes::Bytes;
use eventkit::format::{Format, Json};
use eventkit::{DecodeErrorKind, Event};
use eventkit_tests::message::{json, minimal};
use eventkit_tests::refusal::{assert_invalid, assert_refused, chain};

fn array(elements: &[Bytes]) -> Bytes {
    let elements: Vec<&str> = elements
        .iter()
        .map(|element| std::str::from_utf8(element).unwrap())
        .collect();
    format!(" [ {} ] ", elements.join(" , ")).into()
}

#[test]
fn a_batch_keeps_the_order_of_its_events() {
    let events: Vec<Event> = ["a", "b", "c"]
        .into_iter()
        .map(|id| minimal().id(id).data_text(id).build().unwrap())
        .collect();
    let bytes = Json.encode_batch(&events).unwrap();

    assert_eq!(Json.decode_batch(bytes).unwrap(), events);
}

#[test]
fn an_empty_batch_is_an_empty_array() {
    assert_eq!(Json.encode_batch(&[]).unwrap(), "[]");
    for text in ["[]", " [ ] ", "\n[\t]\r\n"] {
        assert_eq!(Json.decode_batch(text.into()).unwrap(), []);
    }
}

#[test]
fn a_batch_is_an_array_of_encoded_events() {
    let event = minimal().data_json(&1).unwrap().build().unwrap();
    let single = Json.encode(&event).unwrap();
    let expected = [&b"["[..], &single, b",", &single, b"]"].concat();

    assert_eq!(
        Json.encode_batch(&[event.clone(), event]).unwrap(),
        expected
    );
}

#[test]
fn the_data_of_each_event_shares_the_batch() {
    let bytes = array(&[json(r#""data":{"n":1}"#), json(r#""data":{"n":2}"#)]);
    let events = Json.decode_batch(bytes.clone()).unwrap();

    for (event, expected) in events.iter().zip([r#"{"n":1}"#, r#"{"n":2}"#]) {
        let data = event.data().unwrap();
        assert_eq!(data.as_str(), Some(expected));
        assert!(bytes.as_ptr_range().contains(&data.as_bytes().as_ptr()));
    }
}

#[test]
fn an_invalid_element_makes_the_batch_invalid_and_is_named() {
    let bytes = array(&[json(""), json(r#""subject":"""#), json("")]);
    let error = Json.decode_batch(bytes.clone()).unwrap_err();

    assert_eq!(
        chain(&error),
        "the element at index 1 of the batch is not a valid event: not a valid event: attribute `subject` is \"\", expected a non-empty string (core, subject)"
    );
    assert_invalid(Json.decode_batch(bytes), &[("subject", "core, subject")]);
}

#[test]
fn an_element_with_another_specversion_makes_the_batch_invalid() {
    let other = Bytes::from_static(br#"{"specversion":"0.3","id":"1","source":"/s","type":"t"}"#);

    assert_refused(
        Json.decode_batch(array(&[json(""), other])),
        DecodeErrorKind::SpecVersion,
    );
}

#[test]
fn a_batch_that_is_not_an_array_of_objects_is_malformed() {
    let event = String::from_utf8(json("").to_vec()).unwrap();
    for text in [
        "",
        "null",
        "1",
        "{}",
        &event,
        "[",
        "]",
        "[1]",
        "[null]",
        "[[]]",
        "[\"a\"]",
        "[,]",
        "[] []",
        &format!("[{event},]"),
        &format!("[{event} {event}]"),
        &format!("[{event}"),
        &format!("{event}{event}"),
    ] {
        assert_refused(
            Json.decode_batch(text.to_owned().into()),
            DecodeErrorKind::Malformed,
        );
    }
}

#[test]
fn a_batch_is_not_a_single_event() {
    assert_refused(Json.decode(array(&[json("")])), DecodeErrorKind::Malformed);
}

#[test]
fn a_truncated_batch_is_malformed() {
    let whole = array(&[json(r#""data":[1]"#), json("")]);
    let trimmed = whole.trim_ascii();
    for end in 0..trimmed.len() {
        assert_refused(
            Json.decode_batch(Bytes::copy_from_slice(&trimmed[..end])),
            DecodeErrorKind::Malformed,
        );
    }
}
