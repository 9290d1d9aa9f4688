//! The memory of messages in Protobuf, Avro and XML, which is in proportion to their bytes.

use bytes::Bytes;
use eventkit::Limits;
use eventkit::format::Format;
use eventkit_formats::avro::Avro;
use eventkit_formats::protobuf::Protobuf;
use eventkit_formats::xml::Xml;

use super::hostile_messages::{REFUSAL, assert_refused, measure};

const NAMESPACES: &str = "xmlns=\"http://cloudevents.io/xmlformat/V1\" \
    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
    xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"";

/// Returns an XML event with this element as its data, and these declarations.
fn xml(data: &str, declarations: &str) -> String {
    format!(
        "<event {declarations} specversion=\"1.0\"><id>1</id><source>/s</source>\
         <type>t</type>{data}</event>"
    )
}

#[test]
fn declared_lengths_and_counts_do_not_allocate() {
    // Lengths of 2^31 and about 2^62, as a varint and in zigzag encoding.
    for length in [
        &b"\x80\x80\x80\x80\x08"[..],
        b"\xfe\xff\xff\xff\xff\xff\xff\xff\x7f",
    ] {
        let protobuf = Bytes::from([b"\x0a", length, b"x"].concat());
        assert_refused("Protobuf", None, REFUSAL, || Protobuf.decode(protobuf));
        let avro = Bytes::from([length, b"x"].concat());
        assert_refused("Avro", None, REFUSAL, || Avro.decode(avro));
    }
}

#[test]
fn a_body_over_the_limit_is_refused_at_once() {
    let body = Bytes::from(vec![b'<'; 100_000_000]);
    for format in [&Protobuf as &dyn Format, &Avro, &Xml] {
        let limit = Some("body_bytes");
        let what = format.content_type();
        assert_refused(what, limit, REFUSAL, || format.decode(body.clone()));
    }
    for format in [&Protobuf as &dyn Format, &Xml] {
        let limit = Some("body_bytes");
        let what = format.content_type();
        assert_refused(what, limit, REFUSAL, || format.decode_batch(body.clone()));
    }
}

#[test]
fn declarations_around_a_batch_do_not_multiply() {
    let event = xml("<data xsi:type=\"xs:any\"><a/></data>", "").repeat(1000);
    let namespace = "n".repeat(100_000);
    let batch = format!("<batch {NAMESPACES} xmlns:n=\"{namespace}\">{event}</batch>");
    let max = 1_000_000;
    let limited = Xml.with_limits(Limits::DEFAULT.body_bytes(max));
    let most = 2 * max + batch.len();
    assert_refused("declarations", Some("body_bytes"), most, || {
        limited.decode_batch(batch.into())
    });
}

#[test]
fn the_memory_of_data_is_in_proportion() {
    for text in ["a", "&#97;", "a<!---->", "<![CDATA[a]]>"] {
        let text = text.repeat(100_000);
        let data = format!("<data xsi:type=\"xs:string\">{text}</data>");
        let document = Bytes::from(xml(&data, NAMESPACES));
        let (event, peak) = measure("XML text", || Xml.decode(document.clone()));
        let event = event.unwrap();
        assert_eq!(event.data().unwrap().as_bytes().len(), 100_000);
        assert!(peak <= 3 * document.len() + REFUSAL, "{peak} bytes");
    }
    let elements = "<a b=\"c\"/>".repeat(100_000);
    let data = format!("<data xsi:type=\"xs:any\"><r>{elements}</r></data>");
    let document = Bytes::from(xml(&data, NAMESPACES));
    let (event, peak) = measure("XML elements", || Xml.decode(document.clone()));
    drop(event.unwrap());
    assert!(peak <= 3 * document.len() + REFUSAL, "{peak} bytes");
}
