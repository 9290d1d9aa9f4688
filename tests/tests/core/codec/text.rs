//! Text payloads.

use eventkit::codec::{decode, encode};
use eventkit::event::DataKind;
use eventkit::{BoxError, DecodeErrorKind};
use eventkit_tests::refusal::assert_refused;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

const PLAIN: &str = "text/plain";

fn text<T: Serialize + ?Sized>(value: &T) -> Result<String, BoxError> {
    let data = encode(value, PLAIN)?;
    assert_eq!(data.kind(), DataKind::Text);
    Ok(data.as_str().unwrap().to_owned())
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, eventkit::DecodeError> {
    decode(Some(text.as_bytes()), Some(PLAIN))
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Note(String);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    High,
    Low,
}

#[test]
fn a_string_is_encoded_as_the_text() {
    assert_eq!(text("say \"hi\"\n").unwrap(), "say \"hi\"\n");
    assert_eq!(read::<String>("say \"hi\"\n").unwrap(), "say \"hi\"\n");
    assert_eq!(text("").unwrap(), "");
    assert_eq!(read::<String>("").unwrap(), "");
}

#[test]
fn a_newtype_of_a_string_is_encoded_as_the_text() {
    assert_eq!(text(&Note("hi".into())).unwrap(), "hi");
    assert_eq!(read::<Note>("hi").unwrap(), Note("hi".into()));
}

#[test]
fn a_unit_variant_is_encoded_as_its_name() {
    assert_eq!(text(&Level::High).unwrap(), "high");
    assert_eq!(read::<Level>("low").unwrap(), Level::Low);
    assert_refused(read::<Level>("Low"), DecodeErrorKind::Data);
}

#[track_caller]
fn assert_back<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    assert_eq!(read::<T>(&text(value).unwrap()).unwrap(), *value);
}

#[test]
fn types_that_serialize_as_text_are_decoded() {
    assert_back(&true);
    assert_back(&'€');
    assert_back(&i8::MIN);
    assert_back(&u16::MAX);
    assert_back(&i32::MIN);
    assert_back(&i64::MIN);
    assert_back(&u64::MAX);
    assert_back(&i128::MIN);
    assert_back(&u128::MAX);
    assert_back(&1.5_f32);
    assert_back(&1e300_f64);
}

#[test]
fn text_that_cannot_be_parsed_is_a_data_error() {
    assert_refused(read::<u8>("256"), DecodeErrorKind::Data);
    assert_refused(read::<u8>(""), DecodeErrorKind::Data);
    assert_refused(read::<bool>("yes"), DecodeErrorKind::Data);
    assert_refused(read::<char>("ab"), DecodeErrorKind::Data);
}

#[test]
fn some_is_encoded_as_its_value_and_none_is_refused() {
    assert_back(&Some(String::new()));
    assert_back(&Some("5".to_owned()));
    assert_back(&Some('"'));
    assert_back(&Some(u64::MAX));
    assert_back(&Some(-7_i8));
    assert_back(&Some(0.1_f32));
    assert_eq!(text(&Some(0.1_f32)).unwrap(), "0.1");
    assert_back(&Some(203.586_252_566_155_82_f64));
    assert_back(&Some(true));
    assert!(text(&None::<String>).is_err());
    assert!(text(&()).is_err());
}

#[test]
fn a_unit_struct_is_encoded_as_its_name() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Ping;

    assert_eq!(text(&Ping).unwrap(), "Ping");
    assert_back(&Ping);
    assert_refused(read::<Ping>("Pong"), DecodeErrorKind::Data);
}

#[test]
fn empty_text_is_decoded_as_some() {
    assert_eq!(read::<Option<String>>("").unwrap(), Some(String::new()));
    assert_eq!(decode::<Option<String>>(None, Some(PLAIN)).unwrap(), None);
}

#[test]
fn a_struct_or_a_list_is_not_text() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Order {
        id: String,
    }

    let order = Order { id: "1".into() };
    assert!(
        text(&order)
            .unwrap_err()
            .to_string()
            .contains("failed to encode the data")
    );
    assert!(text(&vec![1, 2]).is_err());
    assert!(text(&Some(order)).is_err());
    assert_refused(read::<Order>("{\"id\":\"1\"}"), DecodeErrorKind::Data);
    assert_refused(read::<Vec<u8>>("[1]"), DecodeErrorKind::Data);
}

#[test]
fn bytes_that_are_not_utf_8_are_not_text() {
    assert_refused(
        decode::<String>(Some(b"\xff"), Some(PLAIN)),
        DecodeErrorKind::Data,
    );
}

#[test]
fn text_in_another_charset_is_not_decoded_as_utf_8() {
    let latin = Some("text/plain; charset=iso-8859-1");

    assert_refused(
        decode::<String>(Some("é".as_bytes()), latin),
        DecodeErrorKind::UnsupportedMediaType,
    );
    assert_eq!(
        encode("é", "text/plain; charset=iso-8859-1")
            .unwrap_err()
            .to_string(),
        "no data codec is registered for the media type `text/plain; charset=iso-8859-1`"
    );
}

#[test]
fn us_ascii_and_utf_8_are_text() {
    for content_type in ["text/csv; charset=UTF-8", "text/html; charset=\"us-ascii\""] {
        assert_eq!(encode("a", content_type).unwrap().as_str(), Some("a"));
        assert_eq!(
            decode::<String>(Some(b"a"), Some(content_type)).unwrap(),
            "a"
        );
    }
}
