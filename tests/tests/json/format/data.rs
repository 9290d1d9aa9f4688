//! `data` and `data_base64`.

use eventkit::Event;
use eventkit::event::DataKind;
use eventkit::format::{Format, Json};
use eventkit_tests::message::json;
use eventkit_tests::refusal::assert_invalid;
use eventkit_tests::round_trip::assert_survives;

fn decode(members: &str) -> Event {
    Json.decode(json(members)).unwrap()
}

fn kind(event: &Event) -> DataKind {
    event.data().unwrap().kind()
}

#[test]
fn data_without_a_content_type_is_json_and_gets_its_content_type() {
    for value in [
        "{\"a\":[1]}",
        "null",
        "\"text\"",
        "1.50",
        "false",
        "[ 1,\n2 ]",
    ] {
        let event = decode(&format!(r#""data":{value}"#));
        assert_eq!(event.data_content_type(), Some("application/json"));
        assert_eq!(kind(&event), DataKind::Json);
        assert_eq!(event.data().unwrap().as_str(), Some(value));
    }
}

#[test]
fn json_data_shares_the_message() {
    let bytes = json(r#""data": {"a":1}"#);
    let event = Json.decode(bytes.clone()).unwrap();

    let data = event.data().unwrap().as_bytes();
    assert!(bytes.as_ptr_range().contains(&data.as_ptr()));
}

#[test]
fn white_space_around_json_data_is_not_part_of_it() {
    let event = decode("\"data\" :\t\n {\"a\":1} \r\n");
    assert_eq!(event.data().unwrap().as_str(), Some("{\"a\":1}"));
}

#[test]
fn a_content_type_after_the_data_applies_too() {
    let event = decode(r#""data":"<a/>","datacontenttype":"application/xml""#);

    assert_eq!(kind(&event), DataKind::Text);
    assert_eq!(event.data().unwrap().as_bytes(), b"<a/>");
}

#[test]
fn text_data_is_the_content_of_the_string() {
    let event = decode(r#""datacontenttype":"text/plain","data":"a\n\u00e4\"""#);

    assert_eq!(kind(&event), DataKind::Text);
    assert_eq!(event.data().unwrap().as_str(), Some("a\nä\""));
    assert_eq!(event.data_content_type(), Some("text/plain"));
}

#[test]
fn white_space_after_a_content_type_is_not_a_part_of_it() {
    let text = json(r#""datacontenttype":"text/plain ;a=b  ","data":"x""#);
    let event = Json.decode(text).unwrap();
    assert_eq!(event.data_content_type(), Some("text/plain ;a=b"));
    assert_survives(&event);
}

#[test]
fn data_of_another_content_type_must_be_a_string() {
    for value in ["1", "null", "true", "{}", "[\"a\"]", r#""\ud800""#] {
        assert_invalid(
            Json.decode(json(&format!(
                r#""datacontenttype":"text/plain","data":{value}"#
            ))),
            &[("data", "JSON format, 3.1.2")],
        );
    }
}

#[test]
fn base64_is_binary_and_implies_no_content_type() {
    let event = decode(r#""data_base64":"AP8=""#);

    assert_eq!(kind(&event), DataKind::Binary);
    assert_eq!(event.data().unwrap().as_bytes(), [0, 255]);
    assert_eq!(event.data_content_type(), None);
    let json = decode(r#""datacontenttype":"application/json","data_base64":"WzFd""#);
    assert_eq!(kind(&json), DataKind::Binary);
    assert_eq!(json.data_as::<Vec<u8>>().unwrap(), [1]);
}

#[test]
fn escapes_in_base64_are_resolved() {
    let event = decode(r#""data_base64":"\u0041P8\u003d""#);
    assert_eq!(event.data().unwrap().as_bytes(), [0, 255]);
}

#[test]
fn empty_base64_is_empty_data() {
    let event = decode(r#""data_base64":"""#);
    assert_eq!(event.data().unwrap().as_bytes(), b"");
}

#[test]
fn malformed_base64_is_refused() {
    for text in [
        "AP8", "AP8=\\n", "AP 8=", "AP-_", "A", "====", "AP8==", "Zh==", "ä", "Zg=a",
    ] {
        assert_invalid(
            Json.decode(json(&format!(r#""data_base64":"{text}""#))),
            &[("data_base64", "JSON format, 3.1.2")],
        );
    }
}

#[test]
fn base64_that_is_not_a_string_is_refused() {
    for (value, section) in [
        ("1", "JSON format, 3.1.1"),
        ("true", "JSON format, 3.1.1"),
        ("[]", "JSON format, 2.2"),
        ("1.5", "JSON format, 2.2"),
    ] {
        assert_invalid(
            Json.decode(json(&format!(r#""data_base64":{value}"#))),
            &[("data_base64", section)],
        );
    }
}

#[test]
fn null_data_is_data_and_null_base64_is_absent() {
    assert_eq!(
        decode(r#""data":null"#).data().unwrap().as_str(),
        Some("null")
    );
    assert_eq!(decode(r#""data_base64":null"#).data(), None);
    assert_eq!(decode("").data(), None);
    assert_eq!(
        decode(r#""data_base64":null,"data":1"#)
            .data()
            .unwrap()
            .as_str(),
        Some("1")
    );
}

#[test]
fn duplicate_data_is_refused() {
    let section = "JSON format, 3.1.1";
    for (members, attribute) in [
        (r#""data":1,"data_base64":"AQID""#, "data_base64"),
        (r#""data_base64":"AQID","data":1"#, "data"),
        (r#""data":null,"data_base64":"AQID""#, "data_base64"),
        (r#""data":1,"data":1"#, "data"),
        (r#""data":1,"d\u0061ta":2"#, "data"),
        (
            r#""data_base64":"AQID","data_base64":"AQID""#,
            "data_base64",
        ),
        (r#""data_base64":null,"data_base64":"AQID""#, "data_base64"),
    ] {
        assert_invalid(Json.decode(json(members)), &[(attribute, section)]);
    }
}

#[test]
fn a_string_under_a_json_type_is_not_parsed_as_json() {
    let event = decode(r#""datacontenttype":"application/json","data":"{\"a\":1}""#);

    assert_eq!(event.data().unwrap().as_str(), Some(r#""{\"a\":1}""#));
    assert_eq!(event.data_as::<String>().unwrap(), r#"{"a":1}"#);
}

#[test]
fn data_may_be_any_json_value() {
    for value in [r#""\ud800""#, r#""\u0000""#, r#"{"a":1,"a":2}"#, "[1e999]"] {
        let event = decode(&format!(r#""data":{value}"#));
        assert_eq!(event.data().unwrap().as_str(), Some(value));
    }
}
