//! Codecs that a program registers.

use eventkit::codec::{
    Codec, ErasedDeserializer, ErasedSeed, ErasedSerialize, decode, encode, register,
};
use eventkit::event::DataKind;
use eventkit::{BoxError, DecodeErrorKind, Event};
use eventkit_tests::message::minimal;
use eventkit_tests::refusal::{assert_refused, chain};

/// A codec that inverts every byte of JSON, for a media type.
pub(crate) struct Flipped(pub(crate) &'static str);

impl Codec for Flipped {
    fn media_type(&self) -> &str {
        self.0
    }

    fn encode(&self, value: &dyn ErasedSerialize) -> Result<Vec<u8>, BoxError> {
        Ok(flip(&serde_json::to_vec(value)?))
    }

    fn decode(&self, bytes: &[u8], seed: &mut dyn ErasedSeed) -> Result<(), BoxError> {
        let json = flip(bytes);
        let mut json = serde_json::Deserializer::from_slice(&json);
        seed.deserialize(&mut <dyn ErasedDeserializer<'_>>::erase(&mut json))
    }
}

fn flip(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| !byte).collect()
}

#[test]
fn a_codec_is_found_by_its_media_type_in_any_case_and_with_parameters() {
    register(Flipped("Application/Flipped-A")).unwrap();

    let data = encode(&7, "application/flipped-a; v=1").unwrap();
    assert_eq!(data.as_bytes(), [!b'7']);
    assert_eq!(data.kind(), DataKind::Binary);
    assert_eq!(
        decode::<u8>(Some(&[!b'7']), Some("APPLICATION/FLIPPED-A")).unwrap(),
        7
    );
}

#[test]
fn a_codec_for_a_suffix_applies_to_every_type_with_the_suffix() {
    register(Flipped("+flipped-b")).unwrap();

    for content_type in ["application/order+flipped-b", "x/a+b+Flipped-B; v=1"] {
        assert_eq!(encode(&7, content_type).unwrap().as_bytes(), [!b'7']);
        assert_eq!(decode::<u8>(Some(&[!b'7']), Some(content_type)).unwrap(), 7);
    }
    assert!(encode(&7, "application/flipped-b").is_err());
}

#[test]
fn a_codec_for_a_media_type_takes_precedence_over_its_suffix() {
    struct Constant;

    impl Codec for Constant {
        fn media_type(&self) -> &'static str {
            "application/special+flipped-c"
        }

        fn encode(&self, _: &dyn ErasedSerialize) -> Result<Vec<u8>, BoxError> {
            Ok(b"constant".to_vec())
        }

        fn decode(&self, _: &[u8], _: &mut dyn ErasedSeed) -> Result<(), BoxError> {
            Ok(())
        }
    }

    register(Flipped("+flipped-c")).unwrap();
    register(Constant).unwrap();

    let data = encode(&7, "application/special+flipped-c").unwrap();
    assert_eq!(data.as_bytes(), b"constant");
    let data = encode(&7, "application/other+flipped-c").unwrap();
    assert_eq!(data.as_bytes(), [!b'7']);
}

#[test]
fn a_codec_that_provides_no_deserializer_is_a_data_error() {
    struct Silent;

    impl Codec for Silent {
        fn media_type(&self) -> &'static str {
            "application/silent"
        }

        fn encode(&self, _: &dyn ErasedSerialize) -> Result<Vec<u8>, BoxError> {
            Err("it is silent".into())
        }

        fn decode(&self, _: &[u8], _: &mut dyn ErasedSeed) -> Result<(), BoxError> {
            Ok(())
        }
    }

    register(Silent).unwrap();

    let content_type = Some("application/silent");
    assert_refused(
        decode::<()>(Some(b"x"), content_type),
        DecodeErrorKind::Data,
    );
    let error = encode(&7, "application/silent").unwrap_err();
    assert_eq!(chain(&error), "failed to encode the data: it is silent");
}

#[test]
fn an_error_of_a_codec_is_a_data_error_with_its_reason() {
    register(Flipped("application/flipped-d")).unwrap();

    let error = decode::<u8>(Some(&[!b'x']), Some("application/flipped-d")).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::Data);
    assert!(chain(&error).contains("expected value"), "{error:?}");
}

#[test]
fn a_registered_codec_takes_precedence_over_the_built_in_text_codec() {
    register(Flipped("text/flipped-e")).unwrap();

    let data = encode("a", "text/flipped-e; charset=iso-8859-1").unwrap();
    assert_eq!(data.as_bytes(), flip(b"\"a\""));
}

#[test]
fn an_event_is_decoded_with_the_codec_of_its_content_type() {
    register(Flipped("application/flipped-f")).unwrap();

    let data = encode(&[1, 2], "application/flipped-f").unwrap();
    let event: Event = minimal()
        .data_content_type("application/flipped-f")
        .data(data)
        .build()
        .unwrap();
    assert_eq!(event.data_as::<Vec<u8>>().unwrap(), [1, 2]);
}
