//! Types with type parameters.

use std::marker::PhantomData;

use eventkit::CloudEvent;
use eventkit::event::Attribute;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{assert_round_trip, encoded};

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.changed", source = "/s")]
struct Changed<T> {
    old: Option<T>,
    new: T,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.wrapped", source = "/s")]
struct Wrapped<T = String>(T);

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.keyed", source = "/s")]
struct Keyed<K, V>
where
    V: Clone,
{
    #[cloudevent(subject)]
    key: K,
    value: V,
    other: Vec<V>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.tagged", source = "/s")]
struct Tagged<T, const N: usize> {
    #[cloudevent(extension)]
    size: u8,
    #[serde(skip)]
    tag: PhantomData<T>,
    #[serde(with = "bytes")]
    bytes: [u8; N],
}

/// An array of any length as a sequence, which serde does not support.
mod bytes {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    pub(super) fn serialize<S: Serializer, const N: usize>(
        bytes: &[u8; N],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        bytes.as_slice().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        deserializer: D,
    ) -> Result<[u8; N], D::Error> {
        let bytes = Vec::deserialize(deserializer)?;
        <[u8; N]>::try_from(bytes).map_err(|_| de::Error::custom("another length"))
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.marker", source = "/s")]
struct Marker<T> {
    #[serde(skip)]
    tag: PhantomData<T>,
    n: u8,
}

trait Kind: Send + Sync + 'static {
    type Value: Clone + Serialize + DeserializeOwned + Send + Sync + 'static;
}

#[derive(Debug, PartialEq)]
struct Numbers;

impl Kind for Numbers {
    type Value = u32;
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.associated", source = "/s")]
#[serde(bound = "")]
struct Associated<T: Kind> {
    #[cloudevent(subject)]
    key: String,
    value: T::Value,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.inferred", source = "/s")]
struct Inferred<T: Kind> {
    #[cloudevent(subject)]
    key: String,
    value: T::Value,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.settings", source = "/s")]
#[serde(default)]
struct Settings<T> {
    #[cloudevent(subject)]
    user: String,
    level: T,
    colour: String,
}

impl<T: Default> Default for Settings<T> {
    fn default() -> Self {
        Self {
            user: "nobody".into(),
            level: T::default(),
            colour: "blue".into(),
        }
    }
}

#[derive(Debug, PartialEq, CloudEvent)]
enum Either<T: CloudEvent> {
    Changed(Changed<u8>),
    Other(T),
}

#[test]
fn the_data_may_be_of_any_type() {
    assert_eq!(
        encoded(&Changed { old: None, new: 7 }).1,
        r#"{"old":null,"new":7}"#
    );
    assert_round_trip(&Changed {
        old: Some(1),
        new: 2,
    });
    assert_round_trip(&Changed {
        old: Some("a".to_owned()),
        new: "b".to_owned(),
    });
    assert_round_trip(&Wrapped::<String>("a".into()));
    assert_eq!(<Changed<u8>>::TYPE, <Changed<String>>::TYPE);
}

#[test]
fn an_attribute_may_be_of_any_type() {
    let keyed = Keyed {
        key: 7_u16,
        value: 'a',
        other: vec!['b'],
    };
    let (event, data) = encoded(&keyed);

    assert_eq!(
        (event.subject(), data.as_str()),
        (Some("7"), r#"{"value":"a","other":["b"]}"#)
    );
    assert_round_trip(&keyed);
}

#[test]
fn parameters_without_data_need_no_bounds() {
    struct NoSerde;

    let tagged = Tagged::<NoSerde, 3> {
        size: 3,
        tag: PhantomData,
        bytes: [1, 2, 3],
    };
    assert_eq!(encoded(&tagged).1, r#"{"bytes":[1,2,3]}"#);
    let marker = Marker::<NoSerde> {
        tag: PhantomData,
        n: 1,
    };
    assert_eq!(encoded(&marker).1, r#"{"n":1}"#);
    assert_round_trip(&Tagged::<u8, 2> {
        size: 2,
        tag: PhantomData,
        bytes: [1, 2],
    });
}

#[test]
fn explicit_bounds_replace_inferred_ones() {
    assert_round_trip(&Associated::<Numbers> {
        key: "k".into(),
        value: 7,
    });
}

#[test]
fn the_data_may_be_of_an_associated_type() {
    assert_round_trip(&Inferred::<Numbers> {
        key: "k".into(),
        value: 7,
    });
}

#[test]
fn a_container_default_may_depend_on_a_parameter() {
    let event = eventkit::Event::builder()
        .source("/s")
        .ty("co.outcome.settings")
        .subject("u");
    let event = event
        .data_json(&serde_json::json!({ "level": 3 }))
        .unwrap()
        .build()
        .unwrap();

    let expected = Settings {
        user: "u".into(),
        level: 3_u8,
        colour: "blue".into(),
    };
    assert_eq!(Settings::try_from(&event).unwrap(), expected);
}

#[test]
fn an_enum_may_contain_a_parameter() {
    assert_eq!(
        Either::<Wrapped>::TYPES,
        ["co.outcome.changed", "co.outcome.wrapped"]
    );
    assert_round_trip(&Either::Other(Wrapped::<String>("a".into())));
}

#[test]
fn generic_code_only_needs_the_bounds_of_the_fields() {
    fn send<K, V>(key: K, value: V) -> eventkit::Event
    where
        K: Attribute + Send + Sync + 'static,
        V: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        Keyed {
            key,
            value,
            other: Vec::new(),
        }
        .to_event()
        .unwrap()
    }

    assert_eq!(send("k".to_owned(), 1).subject(), Some("k"));
}
