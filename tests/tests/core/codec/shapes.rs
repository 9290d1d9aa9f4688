//! Types of all shapes, decoded through the object-safe deserializer of a codec.

use std::collections::BTreeMap;
use std::fmt::Debug;

use eventkit::codec::{decode, encode, register};
use eventkit_tests::refusal::chain;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::added::Flipped;
use super::not_self_describing::register_both;

const JSON: &str = "application/flipped-shapes";
const MESSAGE_PACK: &str = "application/vnd.msgpack";
const POSTCARD: &str = "application/vnd.postcard";

fn register_all() {
    register_both();
    // Another test of the program may have registered it already.
    let _ = register(Flipped(JSON));
}

fn assert_comes_back<T>(media_types: &[&str], value: &T)
where
    T: Serialize + DeserializeOwned + Debug + PartialEq,
{
    for media_type in media_types {
        let data = encode(value, media_type).unwrap();
        let read: T = decode(Some(data.as_bytes()), Some(media_type)).unwrap();
        assert_eq!(&read, value, "{media_type}");
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Newtype(u64);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Pair(i8, Newtype);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum External {
    Unit,
    Newtype(Option<char>),
    Tuple(u8, String),
    Struct { pair: Pair, boxed: Box<[u16]> },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Internal {
    Plain { n: i64 },
    Nested(BTreeMap<String, f64>),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Number(i32),
    Text { text: String },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Flag(bool),
    Numbers(Vec<i16>),
    Named { name: String },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Flattened {
    own: u8,
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    more: BTreeMap<String, External>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Inner {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    absent: Option<u8>,
    present: f32,
}

fn external() -> [External; 5] {
    [
        External::Unit,
        External::Newtype(None),
        External::Newtype(Some('é')),
        External::Tuple(7, "seven".into()),
        External::Struct {
            pair: Pair(-1, Newtype(u64::MAX)),
            boxed: [1, 2, 3].into(),
        },
    ]
}

#[test]
fn types_that_need_no_self_describing_format_are_decoded_by_every_codec() {
    register_all();
    let all = [JSON, MESSAGE_PACK, POSTCARD];
    assert_comes_back(&all, &Unit);
    assert_comes_back(&all, &Pair(i8::MIN, Newtype(0)));
    for value in external() {
        assert_comes_back(&all, &value);
        assert_comes_back(&all, &Some(vec![(value, true)]));
    }
    let map: BTreeMap<i32, Option<()>> = [(-70_000, None), (2, None)].into();
    assert_comes_back(&all, &map);
    assert_comes_back(&[JSON, POSTCARD], &(i128::MIN, u128::MAX));
}

#[test]
fn types_that_inspect_the_value_first_are_decoded() {
    register_all();
    let all = [JSON, MESSAGE_PACK];
    for n in [i64::MIN, -1, 200] {
        assert_comes_back(&all, &Internal::Plain { n });
    }
    assert_comes_back(&all, &Internal::Nested([("a".to_owned(), 0.5)].into()));
    assert_comes_back(&all, &Adjacent::Number(-7));
    // `MessagePack` encodes a struct without names, which serde needs when it inspects the value
    // first.
    let text = "seven".to_owned();
    assert_comes_back(&[JSON], &Adjacent::Text { text });
    assert_comes_back(&all, &Untagged::Flag(true));
    assert_comes_back(&all, &Untagged::Numbers(vec![-1, 300]));
    let name = "a".to_owned();
    assert_comes_back(&[JSON], &Untagged::Named { name });
    let more = external().map(|value| (format!("{value:?}"), value));
    let inner = Inner {
        absent: None,
        present: 1.5,
    };
    let (own, more) = (1, more.into());
    assert_comes_back(&all, &Flattened { own, inner, more });
}

#[test]
fn the_error_for_a_value_of_another_kind_names_both_kinds() {
    register_all();
    let refused = |json: &str, message: &str| {
        let flipped: Vec<u8> = json.bytes().map(|byte| !byte).collect();
        let error = decode::<External>(Some(&flipped), Some(JSON)).unwrap_err();
        assert!(chain(&error).contains(message), "{json}: {error:?}");
    };
    refused(
        r#"{"Struct":true}"#,
        "invalid type: boolean `true`, expected struct variant External::Struct",
    );
    refused(
        r#"{"Struct":{"pair":"x"}}"#,
        "invalid type: string \"x\", expected tuple struct Pair",
    );
    refused(
        r#"{"Struct":{"pair":[1]}}"#,
        "invalid length 1, expected tuple struct Pair",
    );
    refused(r#"{"Struct":{"pair":[1,2]}}"#, "missing field `boxed`");
    refused(
        r#"{"Other":1}"#,
        "unknown variant `Other`, expected one of `Unit`",
    );
    refused(
        r#"{"Tuple":[300,""]}"#,
        "invalid value: integer `300`, expected u8",
    );
}
