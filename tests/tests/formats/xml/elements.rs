//! Data that is an XML element.

use eventkit::binding::http;
use eventkit::event::Data;
use eventkit::format::{Format, Json};
use eventkit::{DecodeErrorKind, Event};
use eventkit_tests::message;
use eventkit_tests::refusal::{assert_invalid, assert_refused};

use super::{decode, encoded, event};

fn with_xml(text: &str) -> Event {
    let builder = message::minimal().data_content_type("application/xml");
    builder.data_text(text).build().unwrap()
}

/// Returns the data of an event in which `data` contains this, as text.
fn read(content: &str) -> String {
    let element = format!("<data xsi:type=\"xs:any\">{content}</data>");
    let event = decode(&event(&element)).unwrap();
    assert_eq!(event.data_content_type(), Some("application/xml"));
    assert_eq!(decode(&encoded(&event)).unwrap(), event);
    event.data().and_then(Data::as_str).unwrap().to_owned()
}

#[test]
fn an_element_is_kept_byte_for_byte() {
    for text in [
        "<a/>",
        "<a xmlns=\"urn:a\" b = 'c' ><!-- kept --><?kept?>\r\n<d>&amp;&#10;</d></a >",
        "<p:a xmlns:p=\"urn:p\" p:b=\"&lt;\"><b xmlns=\"\"/><![CDATA[<]]></p:a>",
        "<a xml:lang=\"de\">ä</a>",
        "<a xmlns:xml=\"http://www.w3.org/XML/1998/namespace\"/>",
        "<a>\u{FEFF}</a>",
        "<i:a xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:s=\"urn:s\" i:type=\"s:b\"/>",
    ] {
        let event = with_xml(text);
        let document = encoded(&event);
        let data = format!("<ce:data xsi:type=\"xs:any\">{text}</ce:data>");
        assert!(document.contains(&data), "{document}");
        assert_eq!(decode(&document).unwrap(), event);
    }
}

#[test]
fn xml_that_would_change_in_a_document_is_text() {
    for text in [
        "",
        "a",
        " <a/>",
        "<a/>\n",
        "<a/><a/>",
        "<?xml version=\"1.0\"?><a/>",
        "<!DOCTYPE a><a/>",
        "<!-- c --><a/>",
        "<ce:a/>",
        "<a xsi:type=\"b\"/>",
        "<a b=\"1\" b=\"2\"/>",
        "<a>&other;</a>",
        "<a>",
        "<a b=c/>",
        "<1/>",
        "<a>\u{FFFE}</a>",
        "\u{FEFF}<a/>",
        "\u{FEFF}",
        "\u{FEFF}\u{FEFF}<a/>",
        // The prefix in the value of a type would become one of the document's.
        "<a xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" i:type=\"xs:int\"/>",
    ] {
        let event = with_xml(text);
        let document = encoded(&event);
        assert!(!document.contains("xs:any"), "{document}");
        assert_eq!(decode(&document).unwrap(), event);
    }
    let deep = format!("{}{}", "<a>".repeat(128), "</a>".repeat(128));
    assert!(!encoded(&with_xml(&deep)).contains("xs:any"));
    let less_deep = format!("{}{}", "<a>".repeat(127), "</a>".repeat(127));
    let document = encoded(&with_xml(&less_deep));
    assert!(document.contains("xs:any"));
    decode(&document).unwrap();
}

#[test]
fn an_element_of_others_keeps_its_namespaces() {
    // The default namespace of the event is that of an element without a prefix.
    assert_eq!(
        read("<a/>"),
        "<a xmlns=\"http://cloudevents.io/xmlformat/V1\"/>"
    );
    assert_eq!(read("<a xmlns=\"\"/>"), "<a xmlns=\"\"/>");
    assert_eq!(
        read("\n <!-- c --><a xmlns=\"urn:a\"/>\n"),
        "<a xmlns=\"urn:a\"/>"
    );
    assert_eq!(
        read("<a xmlns=\"urn:a\" xsi:type=\"xs:int\"/>"),
        "<a xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns=\"urn:a\" xsi:type=\"xs:int\"/>"
    );
}

#[test]
fn declarations_around_an_element_belong_to_it() {
    let document = event("<data xsi:type=\"xs:any\"><geo:a><b xmlns=\"\"/></geo:a></data>");
    let document = document.replace("<event", "<event xmlns:geo=\"urn:&quot;geo&amp;\"");
    let event = decode(&document).unwrap();
    assert_eq!(
        event.data().and_then(Data::as_str),
        Some("<geo:a xmlns:geo=\"urn:&quot;geo&amp;\"><b xmlns=\"\"/></geo:a>")
    );
    assert_eq!(decode(&encoded(&event)).unwrap(), event);
}

#[test]
fn an_element_passes_every_mode() {
    let event = with_xml("<a xmlns=\"urn:a\">ä</a>");
    let message = http::encode_binary(&event).unwrap();
    for read in [
        http::decode(&message.headers, message.body).unwrap(),
        Json.decode(Json.encode(&event).unwrap()).unwrap(),
    ] {
        assert_eq!(encoded(&read), encoded(&event));
        assert_eq!(decode(&encoded(&read)).unwrap(), event);
    }
}

#[test]
fn a_content_type_that_is_not_xml_is_refused() {
    let element = "<datacontenttype>application/json</datacontenttype>\
        <data xsi:type=\"xs:any\"><a/></data>";
    assert_invalid(
        decode(&event(element)),
        &[("datacontenttype", "XML format, 3.3")],
    );
    let element = element.replace("json", "vnd.order+XML");
    decode(&event(&element)).unwrap();
}

#[test]
fn anything_but_one_element_is_refused() {
    for content in [
        "",
        "a",
        "<a/><b/>",
        "a<a/>",
        "<a/>b",
        "<p:a/>",
        "<a></b>",
        "<a>&b;</a>",
    ] {
        let element = format!("<data xsi:type=\"xs:any\">{content}</data>");
        assert_refused(decode(&event(&element)), DecodeErrorKind::Malformed);
    }
}
