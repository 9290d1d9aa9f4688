//! Documents that are well-formed, and others.

use eventkit::DecodeErrorKind;
use eventkit::format::Format;
use eventkit_formats::xml::Xml;
use eventkit_tests::message;
use eventkit_tests::refusal::{assert_refused, chain};

use super::{decode, encoded, event};

#[test]
fn an_encoded_event_is_a_document() {
    let event = message::minimal().subject("<&>").build().unwrap();
    assert_eq!(
        encoded(&event),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <ce:event xmlns:ce=\"http://cloudevents.io/xmlformat/V1\" \
         xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" specversion=\"1.0\">\
         <ce:id>1</ce:id><ce:source>/s</ce:source><ce:type>t</ce:type>\
         <ce:subject>&lt;&amp;&gt;</ce:subject></ce:event>"
    );
}

#[test]
fn every_form_of_a_document_is_read() {
    let plain = event("");
    let expected = message::minimal().build().unwrap();
    for document in [
        plain.clone(),
        format!("\u{FEFF}<?xml version='1.0'?>{plain}"),
        format!("<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\r\n{plain}\n"),
        format!("<!-- a --><?b c?>{plain}<!-- d -->"),
        plain.replace("<id>", "\n<!-- a --><?b c?>\t<id><!-- e -->"),
        plain.replace("<id>1<", "<id other=\"x\">&#x31;<"),
        plain.replace("<id>1</id>", "<id><![CDATA[1]]></id >"),
        plain.replace("<event", "<event xsi:schemaLocation=\"a b\" other='\"'"),
        plain
            .replace("<id>", "<ce:id>")
            .replace("</id>", "</ce:id>"),
        plain.replace(
            "<id>",
            "<id xmlns:xml=\"http://www.w3.org/XML/1998/namespace\" xml:lang=\"de\">",
        ),
        plain.replace("<id>", "&#32;<id>"),
        plain.replace(
            "<id>1",
            "<id xmlns:ce=\"http://cloudevents.io/xmlformat/V1\">1",
        ),
    ] {
        assert_eq!(decode(&document).unwrap(), expected, "{document}");
    }
}

#[test]
fn malformed_documents_are_refused() {
    let plain = event("");
    for (document, reason) in [
        (String::new(), "ends within"),
        ("a".into(), "text outside"),
        (format!("{plain}a"), "text outside"),
        (format!("{plain}&#32;"), "text outside"),
        (format!("\u{FEFF}\u{FEFF}{plain}"), "text outside"),
        (format!("{plain}{plain}"), "more than one"),
        (format!("<!DOCTYPE event>{plain}"), "document type"),
        (format!("<?xml version=\"1.1\"?>{plain}"), "version 1.0"),
        (
            format!("<?xml version=\"1.0\" encoding=\"utf-16\"?>{plain}"),
            "UTF-8",
        ),
        (format!("<?xml encoding=\"utf-8\"?>{plain}"), "version 1.0"),
        (format!(" <?xml version=\"1.0\"?>{plain}"), "version 1.0"),
        (format!("<?XML a?>{plain}"), "not a name"),
        (plain.replace("</event>", ""), "ends within"),
        (plain.replace("</id>", "</source>"), "source"),
        (plain.replace("<id>", "<id>&other;"), "`other`"),
        (plain.replace("<id>", "<id>&#0;"), "character reference"),
        (plain.replace("<id>", "<id>&#xD800;"), "character reference"),
        (plain.replace("<id>", "<id>&#+1;"), "character reference"),
        (plain.replace("<id>", "<id>&#xFFFE;"), "character reference"),
        (plain.replace("<id>", "<id>a & b"), "reference"),
        (plain.replace("<id>", "<id>\u{1}"), "U+0001"),
        (plain.replace("<id>", "<id>]]>"), "]]>"),
        (plain.replace("<id>", "<!-- a -- b --><id>"), "--"),
        (plain.replace("<id>", "a<id>"), "text outside"),
        (plain.replace("<id>", "<id a='1' a='2'>"), "twice"),
        (
            plain.replace(
                "<id>",
                "<id ce:a='1' c:a='2' xmlns:c='http://cloudevents.io/xmlformat/V1'>",
            ),
            "twice",
        ),
        (
            plain.replace("<id>", "<id xmlns:a='1' xmlns:a='1'>"),
            "twice",
        ),
        (plain.replace("<id>", "<id a=1>"), "attributes"),
        (plain.replace("<id>", "<id a>"), "attributes"),
        (plain.replace("<id>", "<id a='1'b='2'>"), "attributes"),
        (plain.replace("<id>", "<id a='<'>"), "attributes"),
        (plain.replace("<id>", "<id a='&b;'>"), "`b`"),
        (plain.replace("<id>", "<id a='&#32'>"), "reference"),
        (plain.replace("<id>", "<id 1='a'>"), "not a name"),
        (plain.replace("<id>", "<id :a='a'>"), "not a name"),
        (plain.replace("<id>", "<id p:a='a'>"), "prefix `p`"),
        (plain.replace("<id>", "<id xmlns:p=''>"), "reserved"),
        (plain.replace("<id>", "<id xmlns:xml='a'>"), "reserved"),
        (plain.replace("<id>", "<id xmlns:xmlns='a'>"), "reserved"),
        (
            plain.replace(
                "<id>",
                "<id xmlns:a='http://www.w3.org/XML/1998/namespace'>",
            ),
            "reserved",
        ),
        (
            plain.replace("<id>", "<id xmlns:xml='a' xmlns:xml='a'>"),
            "twice",
        ),
        (plain.replace("<id>", "<p:a/><id>"), "prefix `p`"),
        (
            plain.replace("<id>", "<a xmlns='urn:a'/><id>"),
            "namespace of CloudEvents",
        ),
        (
            plain.replace("<id>", "<a xmlns=''/><id>"),
            "namespace of CloudEvents",
        ),
        (plain.replace("<id>", "<id><a/>"), "has an element"),
        (plain.replace("event", "events"), "expected `event`"),
        (plain.replace("V1\"", "V2\""), "expected `event`"),
    ] {
        let error = decode(&document).unwrap_err();
        assert_eq!(
            error.kind(),
            DecodeErrorKind::Malformed,
            "{document}: {error:?}"
        );
        let error = chain(&error);
        assert!(error.contains(reason), "{document}: {error}");
    }
}

#[test]
fn a_truncated_document_is_refused() {
    let event = message::full();
    let whole = Xml.encode(&event).unwrap();
    for end in 0..whole.len() {
        assert_refused(Xml.decode(whole.slice(..end)), DecodeErrorKind::Malformed);
    }
}

#[test]
fn other_encodings_are_refused() {
    let utf16: Vec<u8> = event("")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for bytes in [&b"\xff\xfe<\0"[..], &utf16, b"<event>\xe4</event>"] {
        let read = Xml.decode(bytes::Bytes::copy_from_slice(bytes));
        assert_refused(read, DecodeErrorKind::Malformed);
    }
}
