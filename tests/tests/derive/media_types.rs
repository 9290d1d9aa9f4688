//! Data that is not JSON.

use eventkit::{CloudEvent, Event};
use eventkit_tests::refusal::chain;
use serde::{Deserialize, Serialize};

use crate::assert_round_trip;

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "co.outcome.note",
    source = "/s",
    datacontenttype = "text/plain; charset=utf-8"
)]
struct Note(String);

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "co.outcome.blob",
    source = "/s",
    datacontenttype = "application/octet-stream"
)]
struct Blob(Vec<u8>);

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.table", source = "/s", datacontenttype = "text/csv")]
struct Table {
    rows: Vec<String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "co.outcome.image",
    source = "/s",
    datacontenttype = "image/png"
)]
struct Image(Vec<u8>);

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.scan", source = "/s", datacontenttype = "image/png")]
struct Scan {
    #[cloudevent(subject)]
    page: String,
    pixels: Vec<u8>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.page", source = "/s", datacontenttype = "image/png")]
#[serde(transparent)]
struct Page {
    pixels: Vec<u8>,
}

/// The derive macro accepts the same media types of data as the decoders.
#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "co.outcome.letter",
    source = "/s",
    datacontenttype = "text/plain;; charset=\"utf-8\" ; |=~`|;"
)]
struct Letter(String);

#[test]
fn every_media_type_of_the_decoders_can_be_declared() {
    assert_round_trip(&Letter("hi".into()));
}

#[test]
fn a_newtype_of_a_string_is_text() {
    let event = Note("hi \"there\"".into()).to_event().unwrap();

    assert_eq!(event.data_content_type(), Some("text/plain; charset=utf-8"));
    assert_eq!(event.data().unwrap().as_bytes(), b"hi \"there\"");
    assert_round_trip(&Note("hi \"there\"".into()));
}

#[test]
fn a_newtype_of_bytes_is_binary() {
    let event = Blob(vec![0, 255]).to_event().unwrap();

    assert_eq!(event.data().unwrap().as_bytes(), [0, 255]);
    assert_round_trip(&Blob(vec![0, 255]));
}

#[test]
fn bytes_need_no_codec() {
    let image = Image(vec![0x89, b'P', b'N', b'G']);
    let event = image.to_event().unwrap();
    assert_eq!(event.data_content_type(), Some("image/png"));
    assert_eq!(event.data().unwrap().as_bytes(), image.0);
    assert_round_trip(&image);
    assert_round_trip(&Page {
        pixels: vec![0, 255],
    });
}

#[test]
fn the_media_type_of_the_event_determines_the_codec() {
    let event = Event::builder()
        .source("/s")
        .ty(Note::TYPE)
        .data_json("hi")
        .unwrap();

    assert_eq!(
        Note::try_from(event.build().unwrap()).unwrap(),
        Note("hi".into())
    );
}

#[test]
fn data_that_the_media_type_cannot_represent_is_refused() {
    let error = Table { rows: Vec::new() }.to_event().unwrap_err();
    assert!(chain(&error).contains("is not text"), "{}", chain(&error));
}

#[test]
fn the_error_for_a_media_type_without_a_codec_names_it() {
    let (page, pixels) = ("1".into(), vec![0]);
    let error = Scan { page, pixels }.to_event().unwrap_err();
    assert_eq!(
        error.to_string(),
        "no data codec is registered for the media type `image/png`"
    );
}
