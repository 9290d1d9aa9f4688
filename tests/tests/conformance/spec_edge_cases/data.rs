//! Edge cases of the JSON format: the kind and value of data.

use bytes::Bytes;
use eventkit::binding::http;
use eventkit::event::{DataKind, MediaType};
use eventkit::format::{Format, Json};
use eventkit_tests::message::{headers, json, minimal};
use eventkit_tests::refusal::assert_invalid;

#[test]
fn json_is_a_subtype_or_suffix_in_any_case_with_any_parameters() {
    for media_type in [
        "application/json",
        "text/JSON",
        "application/vnd.Order+Json",
        "APPLICATION/JSON; charset=\\\"utf-8\\\"",
        "application/json;v=1",
    ] {
        let members = format!(r#""datacontenttype":"{media_type}","data":{{"a":1}}"#);
        let event = Json.decode(json(&members)).unwrap();
        assert_eq!(event.data().unwrap().kind(), DataKind::Json, "{media_type}");
        assert_eq!(event.data().unwrap().as_str(), Some(r#"{"a":1}"#));
    }
}

#[test]
fn application_jsonseq_is_not_json() {
    for media_type in ["application/jsonseq", "application/json-seq", "json/plain"] {
        assert!(!MediaType::parse(media_type).unwrap().is_json());
        let members = format!(r#""datacontenttype":"{media_type}","data":"[1]""#);
        let event = Json.decode(json(&members)).unwrap();
        assert_eq!(event.data().unwrap().kind(), DataKind::Text);
        assert_eq!(event.data().unwrap().as_bytes(), b"[1]");

        let headers = headers(&[("content-type", media_type)]);
        let event = http::decode(&headers, "{".into()).unwrap();
        assert_eq!(event.data().unwrap().kind(), DataKind::Binary);
    }
}

#[test]
fn data_base64_is_binary_and_implies_no_content_type() {
    let event = Json.decode(json(r#""data_base64":"AP8=""#)).unwrap();

    assert_eq!(event.data().unwrap().kind(), DataKind::Binary);
    assert_eq!(event.data().unwrap().as_bytes(), [0, 255]);
    assert_eq!(event.data_content_type(), None);
    let message = http::encode_binary(&event).unwrap();
    assert!(!message.headers.contains_key("content-type"));
    assert_eq!(message.body, [0, 255].as_slice());
}

#[test]
fn data_without_a_content_type_is_json_and_gets_its_content_type() {
    let event = Json.decode(json(r#""data":{"a":1}"#)).unwrap();
    assert_eq!(event.data().unwrap().kind(), DataKind::Json);

    let message = http::encode_binary(&event).unwrap();
    assert_eq!(message.headers["content-type"], "application/json");
    assert_eq!(message.body, r#"{"a":1}"#);
    let again = Json.encode(&event).unwrap();
    assert_eq!(
        again,
        json(r#""datacontenttype":"application/json","data":{"a":1}"#)
    );
}

#[test]
fn a_json_string_is_quoted_in_binary_mode() {
    let event = Json.decode(json(r#""data":"I'm just a string""#)).unwrap();
    let message = http::encode_binary(&event).unwrap();

    assert_eq!(message.headers["content-type"], "application/json");
    assert_eq!(message.body, r#""I'm just a string""#);
    assert_eq!(http::decode(&message.headers, message.body).unwrap(), event);
}

#[test]
fn a_json_string_is_not_parsed_a_second_time() {
    let members = r#""datacontenttype":"application/json","data":"{\"a\":1}""#;
    let event = Json.decode(json(members)).unwrap();

    assert_eq!(event.data_as::<String>().unwrap(), r#"{"a":1}"#);
    assert_eq!(Json.encode(&event).unwrap(), json(members));
    let message = http::encode_binary(&event).unwrap();
    assert_eq!(message.body, r#""{\"a\":1}""#);
    let back = http::decode(&message.headers, message.body).unwrap();
    assert_eq!(back.data_as::<String>().unwrap(), r#"{"a":1}"#);
}

#[test]
fn text_of_another_type_is_the_string_itself() {
    let members = r#""datacontenttype":"application/xml","data":"<much wow=\"xml\"/>""#;
    let event = Json.decode(json(members)).unwrap();

    assert_eq!(event.data().unwrap().kind(), DataKind::Text);
    let message = http::encode_binary(&event).unwrap();
    assert_eq!(message.body, r#"<much wow="xml"/>"#);
    let back = http::decode(&message.headers, message.body).unwrap();
    assert_eq!(Json.encode(&back).unwrap(), json(members));
}

#[test]
fn null_data_is_not_absent_data() {
    let null = Json.decode(json(r#""data":null"#)).unwrap();
    let none = Json.decode(json("")).unwrap();

    assert_eq!(null.data().unwrap().as_bytes(), b"null");
    assert_eq!(none.data(), None);
    assert_ne!(null, none);
    let message = http::encode_binary(&null).unwrap();
    assert_eq!(message.body, "null");
    assert_eq!(http::decode(&message.headers, message.body).unwrap(), null);
    assert_eq!(none, minimal().build().unwrap());
}

#[test]
fn an_empty_body_is_absent_data() {
    let headers = headers(&[("content-type", "application/json")]);
    let event = http::decode(&headers, Bytes::new()).unwrap();

    assert_eq!(event.data(), None);
}

#[test]
fn data_together_with_data_base64_is_an_error() {
    let section = "JSON format, 3.1.1";

    assert_invalid(
        Json.decode(json(r#""data":1,"data_base64":"AP8=""#)),
        &[("data_base64", section)],
    );
    assert_invalid(
        Json.decode(json(r#""data_base64":"AP8=","data":null"#)),
        &[("data", section)],
    );
}
