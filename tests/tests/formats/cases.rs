//! Events that are exchanged in every format.

use eventkit::event::{Timestamp, Uri, UriReference};
use eventkit_tests::message;
use serde_json::{Value, json};

use super::exchange::Case;

/// Returns events with all attributes, each type of extensions, and text and binary data.
pub(crate) fn common() -> Vec<Case> {
    let time = |text: &str| text.parse::<Timestamp>().unwrap();
    let case = |name, builder: eventkit::EventBuilder, data| Case {
        name,
        event: builder.build().unwrap(),
        data,
    };
    let json = r#"{"text": "<ä> & \"]]>\"", "list": [1, null]}"#;
    vec![
        case("required", message::minimal(), Value::Null),
        case(
            "optional",
            message::minimal()
                .subject("Ünïcode & <markup>")
                .time(time("2026-01-31T09:30:00.000000001Z"))
                .data_content_type("text/plain")
                .data_schema("https://example.com/schema?a=1&b=2"),
            Value::Null,
        ),
        case(
            "types",
            message::minimal()
                .extension("flag", true)
                .extension("noflag", false)
                .extension("number", i32::MIN)
                .extension("zero", 0)
                .extension("text", " spaces and ]]> ")
                .extension("empty", "")
                .extension("bytes", b"\0\xff".as_slice())
                .extension("uri", Uri::new("https://example.com/a").unwrap())
                .extension("uriref", UriReference::new("../a?b&c").unwrap())
                .extension("past", time("0001-01-01T00:00:00Z"))
                .extension("future", time("9999-12-31T23:59:59.999Z")),
            Value::Null,
        ),
        case(
            "text",
            message::minimal().data_text("line\nline\r\n\t<b>&amp;</b> 😀"),
            json!(["text", "line\nline\r\n\t<b>&amp;</b> 😀"]),
        ),
        case(
            "json",
            message::minimal()
                .data_json(&serde_json::from_str::<Value>(json).unwrap())
                .unwrap(),
            json!(["text", r#"{"list":[1,null],"text":"<ä> & \"]]>\""}"#]),
        ),
        case(
            "binary",
            message::minimal().data_bytes((0..=255).collect::<Vec<u8>>()),
            json!(["binary", super::peer::hex(&(0..=255).collect::<Vec<u8>>())]),
        ),
    ]
}
