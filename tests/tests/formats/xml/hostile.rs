//! Limits, and input that is meant to exhaust memory, time or the stack.

use eventkit::event::{Data, LimitExceeded};
use eventkit::format::Format;
use eventkit::{DecodeErrorKind, Limits};
use eventkit_formats::xml::Xml;
use eventkit_tests::message;
use eventkit_tests::refusal::{assert_refused, chain};

use super::{NAMESPACES, decode, encoded, event};

#[test]
fn entities_are_not_expanded() {
    let bomb = "<!DOCTYPE event [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">\
        <!ENTITY c SYSTEM \"file:///etc/passwd\">]>";
    let document = bomb.to_owned() + &event("").replace("<id>1", "<id>&b;&c;");
    assert_refused(decode(&document), DecodeErrorKind::Malformed);
    let document = event("").replace("<id>1", "<id>&b;");
    assert_refused(decode(&document), DecodeErrorKind::Malformed);
}

#[test]
fn deep_elements_are_refused_without_a_stack_overflow() {
    let nested = format!("{}{}", "<a>".repeat(10_000), "</a>".repeat(10_000));
    let data = event(&format!("<data xsi:type=\"xs:any\">{nested}</data>"));
    assert_refused(decode(&data), DecodeErrorKind::TooLarge);
    let unlimited = Xml.with_limits(Limits::UNLIMITED);
    let read = unlimited.decode(data.into()).unwrap();
    assert_eq!(Xml.decode(Xml.encode(&read).unwrap()).unwrap(), read);
    let attribute = event(&format!("<n xsi:type=\"ce:string\">{nested}</n>"));
    assert_refused(decode(&attribute), DecodeErrorKind::Malformed);
    assert_refused(decode(&"<a>".repeat(1_000_000)), DecodeErrorKind::Malformed);
}

#[test]
fn deep_json_is_refused() {
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let data = format!(
        "<datacontenttype>application/json</datacontenttype>\
         <data xsi:type=\"xs:string\">{nested}</data>"
    );
    assert_refused(decode(&event(&data)), DecodeErrorKind::TooLarge);
}

#[test]
fn attributes_and_namespaces_of_an_element_are_limited() {
    for attribute in ["a", "xmlns:a"] {
        let attributes = (0..100_000).fold(String::new(), |all, n| {
            all + &format!(" {attribute}{n}=\"b\"")
        });
        let document = event("").replace("<id>", &format!("<id{attributes}>"));
        assert_refused(decode(&document), DecodeErrorKind::Malformed);
    }
    let nested = (0..10_000).fold(String::new(), |all, n| {
        all + &format!("<a xmlns:a{n}=\"b\">")
    });
    let data = event(&format!("<data xsi:type=\"xs:any\">{nested}"));
    let read = Xml.with_limits(Limits::UNLIMITED).decode(data.into());
    assert_refused(read, DecodeErrorKind::Malformed);
}

#[test]
fn each_of_many_types_is_read_once() {
    // Looking each prefix up among those before it would take minutes.
    let types = (0..100_000).fold(String::new(), |all, n| {
        all + &format!("<a xsi:type=\"p{n}:t\"/>")
    });
    let data = event(&format!("<data xsi:type=\"xs:any\"><r>{types}</r></data>"));
    let read = decode(&data).unwrap();
    let text = read.data().and_then(Data::as_str).unwrap();
    assert!(text.ends_with(&format!("{types}</r>")));
    assert_eq!(decode(&encoded(&read)).unwrap(), read);
}

#[test]
fn declarations_around_a_batch_are_limited_in_its_events() {
    let events = "<event specversion=\"1.0\"><id>1</id><source>/s</source><type>t</type>\
        <data xsi:type=\"xs:any\"><a/></data></event>"
        .repeat(100);
    let namespace = "n".repeat(10_000);
    let batch = format!("<batch {NAMESPACES} xmlns:n=\"{namespace}\">{events}</batch>");
    // An event gets about as many bytes as the namespace has.
    for (max, index) in [(25_000, 2), (105_000, 10)] {
        let xml = Xml.with_limits(Limits::DEFAULT.body_bytes(max));
        let error = xml.decode_batch(batch.clone().into()).unwrap_err();
        assert_eq!(
            error.exceeded().map(LimitExceeded::limit),
            Some("body_bytes")
        );
        assert!(
            chain(&error).contains(&format!("index {index} ")),
            "{error:?}"
        );
    }
    let events = Xml.decode_batch(batch.into()).unwrap();
    let data = events[99].data().and_then(Data::as_str).unwrap();
    assert!(data.contains(&namespace), "{data}");
}

#[test]
fn sizes_and_counts_are_limited() {
    let event = message::full();
    let bytes = Xml.encode(&event).unwrap();
    let count = event.attributes().count();
    for (limits, limit) in [
        (Limits::DEFAULT.body_bytes(bytes.len() - 1), "body_bytes"),
        (Limits::DEFAULT.attributes(count - 1), "attributes"),
        (Limits::DEFAULT.attribute_bytes(15), "attribute_bytes"),
    ] {
        let error = Xml.with_limits(limits).decode(bytes.clone()).unwrap_err();
        assert_eq!(error.exceeded().map(LimitExceeded::limit), Some(limit));
    }
    let exact = Limits::DEFAULT.body_bytes(bytes.len()).attributes(count);
    Xml.with_limits(exact).decode(bytes).unwrap();
}

#[test]
fn many_elements_are_refused() {
    let elements = "<n xsi:type=\"ce:integer\">7</n>".repeat(50_000);
    let document = event(&elements);
    let xml = Xml.with_limits(Limits::DEFAULT.body_bytes(usize::MAX));
    assert_refused(xml.decode(document.into()), DecodeErrorKind::TooLarge);
}
