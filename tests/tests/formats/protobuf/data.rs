//! Data as text, bytes and Protobuf messages.

use eventkit::Event;
use eventkit::event::{Data as EventData, DataKind};
use eventkit::format::{Format, Json};
use eventkit_formats::protobuf::Protobuf;
use eventkit_tests::message;
use eventkit_tests::refusal::{assert_invalid, assert_refused};

use super::messages::{Any, Attr, CloudEvent, Data};
use super::{minimal, ours, theirs};

fn content_type(text: &str) -> Attr {
    Attr::String(text.into())
}

fn any(type_url: &str) -> Data {
    Data::Message(Any {
        type_url: type_url.into(),
        value: b"\x0a\x01x".to_vec(),
    })
}

fn attributes(event: &Event) -> [Option<&str>; 2] {
    [event.data_content_type(), event.data_schema()]
}

/// Asserts that an event passes unchanged through this format, and through JSON and this format.
#[track_caller]
fn assert_kept(event: &Event) {
    let read = Protobuf.decode(Protobuf.encode(event).unwrap()).unwrap();
    assert_eq!(read, *event);
    let read = Json.decode(Json.encode(event).unwrap()).unwrap();
    let read = Protobuf.decode(Protobuf.encode(&read).unwrap()).unwrap();
    assert_eq!(read, *event);
}

#[test]
fn each_kind_of_data_is_kept() {
    let kinds = [
        (message::minimal().data_text("hi"), DataKind::Text),
        (message::minimal().data_json(&[1]).unwrap(), DataKind::Json),
        (message::minimal().data_bytes(b"\xff"), DataKind::Binary),
    ];
    for (builder, kind) in kinds {
        let event = builder.build().unwrap();
        let read = Protobuf.decode(Protobuf.encode(&event).unwrap()).unwrap();
        assert_eq!(read, event);
        assert_eq!(read.data().map(EventData::kind), Some(kind));
    }
    assert_kept(&message::minimal().build().unwrap());
}

#[test]
fn others_read_each_kind_of_data() {
    let event = message::minimal().data_text("hi").build().unwrap();
    assert_eq!(theirs(&event).data, Some(Data::Text("hi".into())));
    let event = message::minimal().data_json(&[1]).unwrap().build().unwrap();
    assert_eq!(theirs(&event).data, Some(Data::Text("[1]".into())));
    let event = message::minimal().data_bytes(b"\xff").build().unwrap();
    assert_eq!(theirs(&event).data, Some(Data::Binary(vec![0xff])));
    let event = message::minimal().build().unwrap();
    assert_eq!(theirs(&event).data, None);
}

#[test]
fn each_kind_of_data_of_others_is_read() {
    let json = || minimal().with("datacontenttype", content_type("application/json"));
    let text = || minimal().with("datacontenttype", content_type("text/plain"));
    let cases = [
        (text().with_data(Data::Text("hi".into())), DataKind::Text),
        (json().with_data(Data::Text("[1]".into())), DataKind::Json),
        (
            json().with_data(Data::Binary(b"[1]".into())),
            DataKind::Json,
        ),
        (json().with_data(Data::Text("[".into())), DataKind::Binary),
        (text().with_data(Data::Binary(vec![0xff])), DataKind::Binary),
        (
            minimal().with_data(Data::Binary(b"hi".into())),
            DataKind::Binary,
        ),
    ];
    for (message, kind) in cases {
        let event = ours(&message).unwrap();
        assert_eq!(event.data().map(EventData::kind), Some(kind), "{message:?}");
        assert_kept(&event);
    }
}

#[test]
fn text_without_a_content_type_is_plain_text() {
    let event = ours(&minimal().with_data(Data::Text("hi".into()))).unwrap();
    assert_eq!(event.data_content_type(), Some("text/plain; charset=utf-8"));
    assert_kept(&event);
}

#[test]
fn text_under_another_charset_stays_text() {
    let message = minimal()
        .with(
            "datacontenttype",
            content_type("text/plain; charset=utf-16"),
        )
        .with_data(Data::Text("ä".into()));
    let event = ours(&message).unwrap();
    assert_eq!(event.data().and_then(EventData::as_str), Some("ä"));
    assert_eq!(theirs(&event), message);
}

/// Messages of others with `proto_data`, and the attributes of their events.
fn with_messages() -> Vec<(CloudEvent, [&'static str; 2])> {
    let protobuf = "application/protobuf";
    let order = "type.googleapis.com/shop.Order";
    let uri = "https://type.googleapis.com/shop.Order";
    let named = "application/protobuf; proto=shop.Order";
    let typed = |text: &str| minimal().with("datacontenttype", content_type(text));
    let schema = |text: &str| Attr::Uri(text.into());
    vec![
        (minimal().with_data(any(order)), [protobuf, uri]),
        (typed(protobuf).with_data(any(order)), [protobuf, uri]),
        // A type URL without a scheme is no URI, but the specification asks for it.
        (
            minimal()
                .with("dataschema", schema(order))
                .with_data(any(order)),
            [protobuf, uri],
        ),
        (
            minimal()
                .with("dataschema", schema(uri))
                .with_data(any(order)),
            [protobuf, uri],
        ),
        // Another schema stays, and the content type carries the type.
        (
            minimal()
                .with("dataschema", schema("urn:s"))
                .with_data(any(order)),
            [named, "urn:s"],
        ),
        (
            typed("application/x-protobuf")
                .with("dataschema", schema("urn:s"))
                .with_data(any("example.com/a b/Order")),
            [
                "application/x-protobuf; proto=\"example.com/a b/Order\"",
                "urn:s",
            ],
        ),
    ]
}

#[test]
fn protobuf_messages_of_others_are_kept_in_every_format() {
    for (message, expected) in with_messages() {
        let event = ours(&message).unwrap();
        assert_eq!(attributes(&event), expected.map(Some), "{message:?}");
        assert_eq!(event.data().unwrap().as_bytes(), b"\x0a\x01x");
        assert_kept(&event);
        assert_eq!(theirs(&event).data, message.data);
    }
}

#[test]
fn a_protobuf_message_is_kept() {
    let event = message::minimal()
        .data_content_type("application/protobuf")
        .data_schema("https://type.googleapis.com/shop.Order")
        .data_bytes(b"\x0a\x01x")
        .build()
        .unwrap();
    assert_kept(&event);
    let named = event.to_builder();
    let named = named.data_content_type("application/protobuf; proto=shop.Order");
    assert_kept(&named.build().unwrap());
}

#[test]
fn others_read_a_protobuf_message() {
    let event = message::minimal()
        .data_content_type("application/protobuf")
        .data_schema("https://type.googleapis.com/shop.Order")
        .data_bytes(b"\x0a\x01x")
        .build()
        .unwrap();
    let message = theirs(&event);
    assert_eq!(message.data, Some(any("type.googleapis.com/shop.Order")));
    assert_eq!(
        message.attr("dataschema"),
        Some(&Attr::Uri("https://type.googleapis.com/shop.Order".into()))
    );
}

#[test]
fn a_protobuf_message_without_a_type_is_binary_data() {
    for schema in [
        None,
        Some("urn:s"),
        Some("https://example.com/order.proto?v=1"),
    ] {
        let builder = message::minimal()
            .data_content_type("application/protobuf")
            .data_bytes(b"\x0a\x01x");
        let event = match schema {
            Some(schema) => builder.data_schema(schema).build().unwrap(),
            None => builder.build().unwrap(),
        };
        assert_eq!(
            theirs(&event).data,
            Some(Data::Binary(b"\x0a\x01x".to_vec()))
        );
        assert_kept(&event);
    }
}

#[test]
fn a_contradictory_content_type_is_refused() {
    let order = "type.googleapis.com/shop.Order";
    for text in [
        "application/json",
        "application/protobuf; proto=shop.Invoice",
    ] {
        let message = minimal().with("datacontenttype", content_type(text));
        let event = ours(&message.with_data(any(order)));
        assert_invalid(event, &[("datacontenttype", "Protobuf format, 3")]);
    }
}

#[test]
fn a_malformed_type_url_is_refused() {
    for type_url in ["", "shop.Order", "type.googleapis.com/", "a/b-c", "a/.b"] {
        let event = ours(&minimal().with_data(any(type_url)));
        assert_refused(event, eventkit::DecodeErrorKind::Malformed);
    }
}
