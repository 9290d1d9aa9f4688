//! Binary payloads.

use std::fmt::{self, Debug};

use eventkit::DecodeErrorKind;
use eventkit::codec::{decode, encode};
use eventkit::event::DataKind;
use eventkit_tests::refusal::{assert_refused, chain};
use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const BYTES: &str = "application/octet-stream";

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Blob(Vec<u8>);

#[test]
fn sequences_of_bytes_are_encoded_as_the_bytes() {
    let data = encode(&vec![0_u8, 255], BYTES).unwrap();

    assert_eq!(data.kind(), DataKind::Binary);
    assert_eq!(data.as_bytes(), [0, 255]);
    assert_eq!(
        decode::<Vec<u8>>(Some(&[0, 255]), Some(BYTES)).unwrap(),
        [0, 255]
    );
    assert_eq!(encode(&[1_u8, 2], BYTES).unwrap().as_bytes(), [1, 2]);
    assert_eq!(
        decode::<[u8; 2]>(Some(&[1, 2]), Some(BYTES)).unwrap(),
        [1, 2]
    );
}

#[test]
fn a_newtype_of_bytes_is_encoded_as_the_bytes() {
    assert_eq!(encode(&Blob(vec![1]), BYTES).unwrap().as_bytes(), [1]);
    assert_eq!(
        decode::<Blob>(Some(&[1]), Some(BYTES)).unwrap(),
        Blob(vec![1])
    );
}

#[test]
fn empty_bytes_are_not_absent_data() {
    assert_eq!(encode(&Vec::<u8>::new(), BYTES).unwrap().as_bytes(), b"");
    assert_eq!(
        decode::<Option<Vec<u8>>>(Some(b""), Some(BYTES)).unwrap(),
        Some(vec![])
    );
    assert_eq!(decode::<Option<Vec<u8>>>(None, Some(BYTES)).unwrap(), None);
}

/// A buffer that is serialized like `bytes::Bytes` and with `serde_bytes`.
#[derive(Debug, PartialEq)]
struct Buffer(Vec<u8>);

impl Serialize for Buffer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Buffer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;

        impl Visitor<'_> for Visit {
            type Value = Buffer;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Buffer, E> {
                Ok(Buffer(bytes))
            }
        }

        deserializer.deserialize_byte_buf(Visit)
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Photo<B>(B);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Pair {
    a: u8,
}

#[test]
fn bytes_need_no_codec_unless_the_media_type_is_text() {
    #[track_caller]
    fn assert_bytes<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, bytes: &[u8]) {
        for content_type in [
            BYTES,
            "image/png",
            "application/vnd.shop+cbor; v=1",
            "application/xml",
            "text/plain; charset=iso-8859-1",
        ] {
            let data = encode(value, content_type).unwrap();
            assert_eq!(data.as_bytes(), bytes, "{content_type}");
            let read: T = decode(Some(bytes), Some(content_type)).unwrap();
            assert_eq!(&read, value, "{content_type}");
        }
    }

    for bytes in [&[][..], &[0, 255, 7]] {
        assert_bytes(&bytes.to_vec(), bytes);
        assert_bytes(&Buffer(bytes.to_vec()), bytes);
        assert_bytes(&Photo(Buffer(bytes.to_vec())), bytes);
        assert_bytes(&Photo(bytes.to_vec()), bytes);
        assert_bytes(&Some(Photo(bytes.to_vec())), bytes);
        assert_bytes(&Box::<[u8]>::from(bytes), bytes);
    }
    assert_bytes(&[1_u8, 2, 3], &[1, 2, 3]);
}

#[test]
fn without_a_codec_the_error_names_the_media_type() {
    const CBOR: &str = "application/cbor";
    for error in [
        encode(&vec![7_u16], CBOR).unwrap_err(),
        encode(&vec!["a"], CBOR).unwrap_err(),
        encode(&Pair { a: 7 }, CBOR).unwrap_err(),
        encode(&7_u8, CBOR).unwrap_err(),
        encode("text", CBOR).unwrap_err(),
        encode(&(), CBOR).unwrap_err(),
    ] {
        assert!(chain(&error).contains("`application/cbor`"), "{error:?}");
    }
    let kind = DecodeErrorKind::UnsupportedMediaType;
    assert_refused(decode::<Vec<u16>>(Some(&[7]), Some(CBOR)), kind);
    assert_refused(decode::<Vec<Pair>>(Some(&[7]), Some(CBOR)), kind);
    assert_refused(decode::<Pair>(Some(&[7]), Some(CBOR)), kind);
    assert_refused(decode::<u8>(Some(&[7]), Some(CBOR)), kind);
    assert_refused(decode::<()>(Some(&[7]), Some(CBOR)), kind);
    assert_refused(decode::<serde_json::Value>(Some(&[7]), Some(CBOR)), kind);
    // These are bytes too, but not the expected ones.
    assert_refused(
        decode::<[u8; 2]>(Some(&[7]), Some(CBOR)),
        DecodeErrorKind::Data,
    );
}

#[test]
fn values_other_than_bytes_are_refused() {
    for error in [
        encode("text", BYTES).unwrap_err(),
        encode(&vec![7_u16], BYTES).unwrap_err(),
        encode(&vec![vec![7_u8]], BYTES).unwrap_err(),
        encode(&(7_u8, "a"), BYTES).unwrap_err(),
        encode(&Pair { a: 7 }, BYTES).unwrap_err(),
        encode(&vec![-1], BYTES).unwrap_err(),
        encode(&7, BYTES).unwrap_err(),
        encode(&None::<Vec<u8>>, BYTES).unwrap_err(),
    ] {
        assert!(chain(&error).contains("is not bytes"), "{error:?}");
    }
    assert_refused(decode::<u8>(Some(&[1]), Some(BYTES)), DecodeErrorKind::Data);
    assert_refused(
        decode::<[u8; 2]>(Some(&[1, 2, 3]), Some(BYTES)),
        DecodeErrorKind::Data,
    );
}
