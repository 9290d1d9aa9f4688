//! Conversion from one content mode to another.

use bytes::Bytes;
use eventkit::binding::http::{
    Message, decode_lenient, encode_binary, encode_binary_lenient, encode_lenient,
    encode_structured, encode_structured_lenient,
};
use eventkit::format::{Format, Json};
use eventkit::{EncodeError, LenientEvent};
use eventkit_tests::message::{self, headers, json, minimal};
use eventkit_tests::refusal::chain;
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

fn from_json(members: &str) -> LenientEvent {
    Json.decode_lenient(message::json(members)).unwrap()
}

fn to_json(headers: &HeaderMap, body: &'static str) -> Value {
    let event = decode_lenient(headers, Bytes::from_static(body.as_bytes())).unwrap();
    assert!(!event.violations().is_empty());
    let message = encode_structured_lenient(&event, &Json).unwrap();
    assert_eq!(
        message.headers["content-type"],
        "application/cloudevents+json"
    );
    serde_json::from_slice(&message.body).unwrap()
}

/// Asserts that an event can only be encoded in its own mode.
#[track_caller]
fn assert_stays(event: &LenientEvent, crossed: Result<Message, EncodeError>, expected: &str) {
    assert_eq!(chain(&crossed.unwrap_err()), expected);
    encode_lenient(event).unwrap();
}

#[test]
fn a_valid_event_is_encoded_as_usual() {
    let event = minimal()
        .subject("a b")
        .extension("n", 7)
        .data_json(&[1])
        .unwrap()
        .build()
        .unwrap();
    let binary = encode_binary(&event).unwrap();
    let structured = encode_structured(&event, &Json).unwrap();

    let received = decode_lenient(&binary.headers, binary.body.clone()).unwrap();
    let crossed = encode_structured_lenient(&received, &Json).unwrap();
    assert_eq!(crossed.headers, structured.headers);
    assert_eq!(
        Json.decode(crossed.body).unwrap(),
        event,
        "the number is a string now, which is equal"
    );
    let received = decode_lenient(&structured.headers, structured.body).unwrap();
    let crossed = encode_binary_lenient(&received).unwrap();
    assert_eq!(
        (crossed.headers, crossed.body),
        (binary.headers, binary.body)
    );
}

#[test]
fn json_is_converted_to_headers_with_unchanged_attributes() {
    let event = from_json(
        r##""dataschema":"#","subject":"","time":"a b","with-dash":"é","n":7,"big":3000000000,"b":true,"Upper":"x","none":null,"data":{"a": 1}"##,
    );
    let message = encode_binary_lenient(&event).unwrap();
    let mut expected = headers(&[
        ("ce-dataschema", "#"),
        ("ce-subject", ""),
        ("ce-time", "a%20b"),
        ("ce-with-dash", "%C3%A9"),
        ("ce-n", "7"),
        ("ce-big", "3000000000"),
        ("ce-b", "true"),
        ("ce-upper", "x"),
    ]);
    expected.insert("content-type", HeaderValue::from_static("application/json"));
    assert_eq!(message.headers, expected);
    assert_eq!(message.body, r#"{"a": 1}"#);

    let back = decode_lenient(&message.headers, message.body).unwrap();
    for name in ["dataschema", "subject", "time", "with-dash", "n", "big"] {
        assert_eq!(back.attribute(name), event.attribute(name), "{name}");
    }
}

#[test]
fn the_version_and_missing_attributes_stay() {
    let text = r#"{"specversion":"0.3","id":"1","type":"t"}"#;
    let event = Json.decode_lenient(text.into()).unwrap();
    let message = encode_binary_lenient(&event).unwrap();
    assert_eq!(message.headers["ce-specversion"], "0.3");
    assert!(!message.headers.contains_key("ce-source"));
    let back = decode_lenient(&message.headers, message.body).unwrap();
    assert_eq!(back.violations(), event.violations());
}

#[test]
fn attributes_that_a_receiver_would_read_differently_are_refused() {
    let same = r#""Ext":"a","Time":"b""#;
    for (members, name) in [
        (r#""ext":"a","ext":"b""#, "ext"),
        (r#""ext":"a","Ext":"b""#, "Ext"),
        (r#""EXT":"a","eXt":"b""#, "eXt"),
        (r#""Subject":"other-tenant""#, "Subject"),
        (r#""Type":"evil""#, "Type"),
        (r#""SpecVersion":"1.0""#, "SpecVersion"),
        (r#""DataContentType":"text/plain""#, "DataContentType"),
        (r#""Data":"x""#, "Data"),
        (r#""DATA_BASE64":"x""#, "DATA_BASE64"),
        (same, "Time"),
    ] {
        let event = from_json(members);
        assert_eq!(
            encode_binary_lenient(&event).unwrap_err().to_string(),
            format!(
                "the attribute `{name}` would be mistaken for another one with that name in headers"
            )
        );
        // In its own format, it is encoded unchanged with its violations.
        let text = Json.encode_lenient(&event).unwrap();
        assert_eq!(text, json(members));
    }
    let admin = r#"{"Id":"2","Source":"/m","SpecVersion":"1.0","Type":"admin.delete"}"#;
    let event = Json.decode_lenient(admin.into()).unwrap();
    assert_eq!(event.attribute("type"), None);
    encode_binary_lenient(&event).unwrap_err();

    let mut headers = headers(&[]);
    for value in ["a", "b"] {
        headers.append("ce-ext", HeaderValue::from_static(value));
    }
    let event = decode_lenient(&headers, Bytes::new()).unwrap();
    Json.encode_lenient(&event).unwrap_err();
    headers.remove("ce-ext");
    headers.append("ce-type", HeaderValue::from_static("evil"));
    let event = decode_lenient(&headers, Bytes::new()).unwrap();
    Json.encode_lenient(&event).unwrap_err();
}

#[test]
fn white_space_does_not_hide_the_content_type_of_whole_events() {
    for content_type in [
        "application/cloudevents+json",
        " application/cloudevents+json",
    ] {
        let members = format!(r#""datacontenttype":"{content_type}","data":"{{}}","Ext":"1""#);
        encode_binary_lenient(&from_json(&members)).unwrap_err();
    }
}

#[test]
fn a_content_type_is_converted_unchanged() {
    let event = from_json(r#""datacontenttype":"text","data":"hi""#);
    let message = encode_binary_lenient(&event).unwrap();
    assert_eq!(message.headers["content-type"], "text");
    assert_eq!(message.body, "hi");

    let back = to_json(&message.headers, "hi");
    assert_eq!(back["datacontenttype"], "text");
    assert_eq!(back["data_base64"], "aGk=");
}

#[test]
fn headers_are_converted_to_json_with_unchanged_attributes() {
    let headers = headers(&[
        ("ce-dataschema", "#"),
        ("ce-with-dash", "\"a%20b\""),
        ("ce-percent", "%zz"),
        ("content-type", "text/plain"),
    ]);
    let expected = json!({
        "specversion": "1.0", "id": "1", "source": "/s", "type": "t", "dataschema": "#",
        "with-dash": "a b", "percent": "%zz", "datacontenttype": "text/plain", "data": "hi"
    });
    assert_eq!(to_json(&headers, "hi"), expected);
}

#[test]
fn any_body_is_converted_to_json() {
    for (media_type, body, member, value) in [
        ("application/json", "[1 ]", "data", json!([1])),
        ("application/json", "[1", "data_base64", json!("WzE=")),
        (
            "application/octet-stream",
            "x",
            "data_base64",
            json!("eA=="),
        ),
    ] {
        let headers = headers(&[("ce-subject", ""), ("content-type", media_type)]);
        assert_eq!(
            to_json(&headers, body)[member],
            value,
            "{media_type}: {body}"
        );
    }
    let none = to_json(&headers(&[("ce-subject", "")]), "");
    assert!(none.get("data").is_none() && none.get("data_base64").is_none());
}

#[test]
fn the_error_names_what_headers_cannot_represent() {
    for (members, expected) in [
        (
            r#""ext":[1]"#,
            "the attribute `ext` does not fit into a header of the binding",
        ),
        (
            r#""ext":{}"#,
            "the attribute `ext` does not fit into a header of the binding",
        ),
        (
            r#""ext":"\ud800""#,
            "the attribute `ext` does not fit into a header of the binding",
        ),
        (
            r#""a b":"x""#,
            "the attribute `a b` does not fit into a header of the binding",
        ),
        (
            r#""datacontenttype":"a\nb""#,
            "the attribute `datacontenttype` does not fit into a header of the binding",
        ),
        (
            r#""datacontenttype":" ""#,
            "the attribute `datacontenttype` does not fit into a header of the binding",
        ),
        (
            r#""datacontenttype":"text/plain ","Ext":"1""#,
            "the attribute `datacontenttype` does not fit into a header of the binding",
        ),
        (
            r#""data_base64":"%""#,
            "failed to encode the data: `data_base64` is not a Base64 string",
        ),
        (
            r#""data":1,"data":2"#,
            "failed to encode the data: `data` or `data_base64` occurs more than once",
        ),
    ] {
        let event = from_json(members);
        assert_stays(&event, encode_binary_lenient(&event), expected);
    }
}

#[test]
fn the_error_names_what_json_cannot_represent() {
    for name in ["data", "data_base64"] {
        let headers = headers(&[
            (&*format!("ce-{name}"), "x"),
            ("content-type", "text/plain"),
        ]);
        let event = decode_lenient(&headers, Bytes::new()).unwrap();
        let expected = format!("the attribute `{name}` cannot be represented in the JSON format");
        assert_stays(&event, encode_structured_lenient(&event, &Json), &expected);
    }
    let mut headers = headers(&[("content-type", "text/plain")]);
    headers.insert("ce-ext", HeaderValue::from_bytes(b"\xff").unwrap());
    let event = decode_lenient(&headers, Bytes::new()).unwrap();
    let expected = "the attribute `ext` cannot be represented in the JSON format";
    assert_stays(&event, encode_structured_lenient(&event, &Json), expected);
}

#[test]
fn an_event_without_attributes_can_be_converted() {
    let event = Json.decode_lenient("{}".into()).unwrap();
    let message = encode_binary_lenient(&event).unwrap();
    assert!(message.headers.is_empty() && message.body.is_empty());
}

#[test]
fn text_in_another_charset_is_not_converted_to_a_body() {
    for (charset, data, crosses) in [
        ("utf-16", "hi", false),
        ("iso-8859-1", "hé", false),
        ("iso-8859-1", "hi", true),
        ("UTF-8", "hé", true),
    ] {
        let event = from_json(&format!(
            r#""Ext":"1","datacontenttype":"text/plain; charset={charset}","data":"{data}""#
        ));
        let message = encode_binary_lenient(&event);
        assert_eq!(message.is_ok(), crosses, "{charset} {data}");
    }
}
