//! Data as text and bytes.

use eventkit::event::{Data, DataKind};
use eventkit_tests::message;
use eventkit_tests::refusal::assert_refused;

use super::{decode, encoded, event};

fn typed(content_type: &str, ty: &str, content: &str) -> String {
    event(&format!(
        "<datacontenttype>{content_type}</datacontenttype><data xsi:type=\"{ty}\">{content}</data>"
    ))
}

#[test]
fn each_kind_of_data_is_kept() {
    for (builder, kind) in [
        (message::minimal().data_text("hi"), DataKind::Text),
        (
            message::minimal().data_text("\r\n\t ]]> <a&b> \u{85}"),
            DataKind::Text,
        ),
        (message::minimal().data_text("\0\u{FFFE}"), DataKind::Text),
        (
            message::minimal().data_json("\u{FFFF}<").unwrap(),
            DataKind::Json,
        ),
        (message::minimal().data_json(&[1]).unwrap(), DataKind::Json),
        (message::minimal().data_bytes(b"\xff"), DataKind::Binary),
    ] {
        let event = builder.build().unwrap();
        let read = decode(&encoded(&event)).unwrap();
        assert_eq!(read, event);
        assert_eq!(read.data().map(Data::kind), Some(kind), "{event:?}");
    }
}

#[test]
fn each_kind_of_data_has_its_type() {
    let text = message::minimal().data_text("a<b").build().unwrap();
    assert!(encoded(&text).contains("<ce:data xsi:type=\"xs:string\">a&lt;b</ce:data>"));
    let json = message::minimal().data_json(&[1]).unwrap().build().unwrap();
    assert!(encoded(&json).contains("<ce:data xsi:type=\"xs:string\">[1]</ce:data>"));
    let binary = message::minimal().data_bytes(b"\xff").build().unwrap();
    assert!(encoded(&binary).contains("<ce:data xsi:type=\"xs:base64Binary\">/w==</ce:data>"));
    let none = message::minimal().build().unwrap();
    assert!(!encoded(&none).contains("data"));
}

#[test]
fn each_type_of_data_is_read() {
    for (content_type, ty, content, kind, bytes) in [
        (
            "text/plain",
            "xs:string",
            "a<![CDATA[<b>]]>&#99;",
            DataKind::Text,
            "a<b>c",
        ),
        (
            "application/json",
            "xs:string",
            "[&quot;a&quot;]",
            DataKind::Json,
            "[\"a\"]",
        ),
        (
            "application/json",
            "xs:base64Binary",
            " Wz\nFd ",
            DataKind::Json,
            "[1]",
        ),
        ("application/json", "xs:string", "[", DataKind::Binary, "["),
        (
            "image/png",
            "xs:base64Binary",
            "aGk=",
            DataKind::Binary,
            "hi",
        ),
        (
            "text/plain",
            "xs:string",
            "a\r\nb&#13;",
            DataKind::Text,
            "a\nb\r",
        ),
        ("text/plain", "xs:string", "", DataKind::Text, ""),
        (
            "text/plain",
            "xs:string",
            "a<!-- b -->c",
            DataKind::Text,
            "ac",
        ),
    ] {
        let read = decode(&typed(content_type, ty, content)).unwrap();
        let data = read.data().unwrap();
        assert_eq!((data.kind(), data.as_bytes()), (kind, bytes.as_bytes()));
        assert_eq!(decode(&encoded(&read)).unwrap(), read);
    }
}

#[test]
fn text_under_another_charset_stays_text() {
    let read = decode(&typed("text/plain; charset=utf-16", "xs:string", "ä")).unwrap();
    assert_eq!(read.data().and_then(Data::as_str), Some("ä"));
    assert_eq!(decode(&encoded(&read)).unwrap(), read);
}

#[test]
fn text_without_a_content_type_is_plain_text() {
    let read = decode(&event("<data xsi:type=\"xs:string\">hi</data>")).unwrap();
    assert_eq!(read.data_content_type(), Some("text/plain; charset=utf-8"));
}

#[test]
fn malformed_data_is_refused() {
    for data in [
        "<data>hi</data>",
        "<data xsi:type=\"xs:int\">7</data>",
        "<data xsi:type=\"ce:string\">hi</data>",
        "<data xsi:type=\"xs:base64Binary\">A</data>",
        "<data xsi:type=\"xs:string\"><a/></data>",
        "<data xsi:type=\"xs:base64Binary\"><a/></data>",
        "<data xsi:type=\"xs:string\">a</data><data xsi:type=\"xs:string\">b</data>",
    ] {
        assert_refused(decode(&event(data)), eventkit::DecodeErrorKind::Malformed);
    }
}
