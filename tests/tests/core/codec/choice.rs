//! Selection of the codec for a media type.

use eventkit::DecodeErrorKind;
use eventkit::codec::{decode, encode};
use eventkit_tests::refusal::{assert_refused, chain};

#[test]
fn data_without_a_content_type_is_json() {
    assert_eq!(decode::<u8>(Some(b"7"), None).unwrap(), 7);
    assert_refused(decode::<String>(Some(b"text"), None), DecodeErrorKind::Data);
}

#[test]
fn the_error_for_a_media_type_without_a_codec_names_it() {
    let error = decode::<u8>(Some(b"7"), Some("Application/X-Unknown; a=b")).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::UnsupportedMediaType);
    assert_eq!(
        error.to_string(),
        "no data codec is registered for the media type \"Application/X-Unknown; a=b\""
    );

    let error = encode(&7, "application/x-unknown").unwrap_err();
    assert_eq!(
        error.to_string(),
        "no data codec is registered for the media type `application/x-unknown`"
    );
}

#[test]
fn xml_is_not_text_for_codecs() {
    assert_refused(
        decode::<String>(Some(b"<a/>"), Some("application/xml")),
        DecodeErrorKind::UnsupportedMediaType,
    );
    assert_eq!(
        decode::<String>(Some(b"<a/>"), Some("text/xml")).unwrap(),
        "<a/>"
    );
}

#[test]
fn malformed_media_types_are_refused() {
    assert_refused(
        decode::<u8>(Some(b"7"), Some("nonsense")),
        DecodeErrorKind::Data,
    );
    let error = encode(&7, "nonsense").unwrap_err();
    assert!(
        chain(&error).contains("\"nonsense\" is not a media type"),
        "{error:?}"
    );
}

#[test]
fn absent_data_needs_no_codec() {
    decode::<()>(None, Some("application/x-unknown")).unwrap();
}
