//! Payloads of bytes.

use eventkit::DecodeErrorKind;
use eventkit::codec::{decode, encode};
use eventkit::event::DataKind;
use eventkit_tests::refusal::{assert_refused, chain};
use serde::{Deserialize, Serialize};

const BYTES: &str = "application/octet-stream";

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Blob(Vec<u8>);

#[test]
fn sequences_of_bytes_are_the_bytes() {
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
fn a_newtype_of_bytes_is_the_bytes() {
    assert_eq!(encode(&Blob(vec![1]), BYTES).unwrap().as_bytes(), [1]);
    assert_eq!(
        decode::<Blob>(Some(&[1]), Some(BYTES)).unwrap(),
        Blob(vec![1])
    );
}

#[test]
fn no_bytes_are_not_absent_bytes() {
    assert_eq!(encode(&Vec::<u8>::new(), BYTES).unwrap().as_bytes(), b"");
    assert_eq!(
        decode::<Option<Vec<u8>>>(Some(b""), Some(BYTES)).unwrap(),
        Some(vec![])
    );
    assert_eq!(decode::<Option<Vec<u8>>>(None, Some(BYTES)).unwrap(), None);
}

#[test]
fn what_is_not_bytes_is_refused() {
    for error in [
        encode("text", BYTES).unwrap_err(),
        encode(&vec![256_u16], BYTES).unwrap_err(),
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
