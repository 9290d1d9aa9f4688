//! Encoding of events as JSON.

use bytes::Bytes;
use eventkit::Event;
use eventkit::event::{Data, Timestamp, Uri, UriReference};
use eventkit::format::{Format, Json};
use eventkit_tests::message::minimal;

fn encode(event: &Event) -> String {
    let bytes = Json.encode(event).unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn an_event_is_encoded_as_one_compact_object() {
    let time: Timestamp = "2026-01-31T09:30:00.50+01:00".parse().unwrap();
    let event = minimal()
        .subject("x")
        .time(time)
        .data_schema("urn:s")
        .extension("b", true)
        .extension("a", -7)
        .data_json(&[1, 2])
        .unwrap()
        .build()
        .unwrap();

    assert_eq!(
        encode(&event),
        concat!(
            r#"{"specversion":"1.0","id":"1","source":"/s","type":"t","subject":"x","#,
            r#""time":"2026-01-31T09:30:00.50+01:00","datacontenttype":"application/json","#,
            r#""dataschema":"urn:s","a":-7,"b":true,"data":[1,2]}"#
        )
    );
}

#[test]
fn only_what_is_set_is_encoded() {
    assert_eq!(
        encode(&minimal().build().unwrap()),
        r#"{"specversion":"1.0","id":"1","source":"/s","type":"t"}"#
    );
}

#[test]
fn all_other_attribute_types_are_strings() {
    let at: Timestamp = "2026-01-31T09:30:00Z".parse().unwrap();
    let event = minimal()
        .extension("at", at)
        .extension("bin", vec![0, 255])
        .extension("ref", UriReference::new("../a").unwrap())
        .extension("text", "true")
        .extension("uri", Uri::new("urn:a").unwrap())
        .build()
        .unwrap();

    assert!(encode(&event).ends_with(
        r#""at":"2026-01-31T09:30:00Z","bin":"AP8=","ref":"../a","text":"true","uri":"urn:a"}"#
    ));
}

#[test]
fn text_is_escaped_as_json_requires() {
    let event = minimal()
        .subject("\"\\/ä😀\u{a0}")
        .data_text("\t\u{1}\"\u{7f}");

    assert!(encode(&event.build().unwrap()).ends_with(concat!(
        r#""subject":"\"\\/ä😀"#,
        "\u{a0}",
        r#"","datacontenttype":"text/plain; charset=utf-8","data":"\t\u0001\""#,
        "\u{7f}\"}"
    )));
}

#[test]
fn binary_data_is_base64_under_any_content_type() {
    for content_type in ["application/json", "text/plain", "image/png"] {
        let event = minimal().data_content_type(content_type).data_bytes("[1]");
        assert!(encode(&event.build().unwrap()).ends_with(r#","data_base64":"WzFd"}"#));
    }
}

#[test]
fn json_data_is_encoded_unchanged() {
    let raw = Data::json("{ \"b\" : 1.50,\n\"a\":1e2 }").unwrap();
    let event = minimal().data(raw).build().unwrap();

    assert!(encode(&event).ends_with(",\"data\":{ \"b\" : 1.50,\n\"a\":1e2 }}"));
}

#[test]
fn an_encoded_event_is_decoded_to_an_equal_one() {
    let at: Timestamp = "2026-01-31T09:30:00.10-02:30".parse().unwrap();
    let everything = minimal()
        .id("\"\\ 😀")
        .subject("a\u{a0}b")
        .time(at)
        .data_schema("urn:s")
        .extension("at", at)
        .extension("flag", false)
        .extension("min", i32::MIN)
        .extension("bin", Bytes::from_static(b"\0"))
        .extension("text", "");
    for builder in [
        minimal(),
        everything.clone(),
        everything.clone().data_text(""),
        everything.clone().data_text("\u{0}\u{ffff}\n"),
        everything.clone().data_bytes(&[0, 255]),
        everything.clone().data_bytes(&[]),
        everything.clone().data_json(&()).unwrap(),
        everything.clone().data_json("text").unwrap(),
        everything.data_content_type("a/b+json").data_text(" [1] "),
        Event::builder().source("/s").ty("t"),
    ] {
        let event = builder.build().unwrap();
        let back = Json.decode(Json.encode(&event).unwrap()).unwrap();
        if event.data().is_some_and(Data::is_json) {
            // White space around JSON data is not encoded.
            let trimmed = |event: &Event| {
                let data = event.data().and_then(Data::as_str).unwrap_or_default();
                data.trim().to_owned()
            };
            assert_eq!(trimmed(&back), trimmed(&event));
        } else {
            assert_eq!(back, event);
            assert_eq!(back.data().map(Data::kind), event.data().map(Data::kind));
        }
    }
}

#[test]
fn the_media_types_are_those_of_the_specification() {
    assert_eq!(Json.content_type(), "application/cloudevents+json");
    assert_eq!(
        Json.batch_content_type(),
        Some("application/cloudevents-batch+json")
    );
}
