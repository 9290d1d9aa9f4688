//! Serde attributes on types with fields that are not data.

use std::collections::BTreeMap;

use eventkit::{CloudEvent, Event};
use eventkit_tests::refusal::chain;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{assert_round_trip, encoded};

fn event(ty: &str, data: &serde_json::Value) -> Event {
    let event = Event::builder().source("/s").ty(ty).subject("c-7");
    event.data_json(data).unwrap().build().unwrap()
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.renamed", source = "/s")]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Renamed {
    #[cloudevent(subject)]
    customer_name: String,
    total_cents: u64,
    #[serde(rename = "REF", alias = "reference")]
    order_ref: String,
    #[serde(rename(serialize = "out", deserialize = "in"))]
    way: Option<u8>,
}

#[test]
fn names_are_those_of_serde() {
    let value = Renamed {
        customer_name: "c-7".into(),
        total_cents: 1,
        order_ref: "r".into(),
        way: Some(2),
    };
    assert_eq!(encoded(&value).1, r#"{"totalCents":1,"REF":"r","out":2}"#);

    let read = event(
        Renamed::TYPE,
        &json!({ "totalCents": 1, "reference": "r", "in": 2 }),
    );
    assert_eq!(Renamed::try_from(&read).unwrap(), value);
}

#[test]
fn unknown_fields_are_denied_except_the_attribute() {
    let repeated = event(
        Renamed::TYPE,
        &json!({ "totalCents": 1, "REF": "r", "customerName": "c-7" }),
    );
    let error = chain(&Renamed::try_from(&repeated).unwrap_err());

    assert!(error.contains("unknown field `customerName`"), "{error}");
}

#[test]
fn messages_name_the_type_as_the_user_wrote_it() {
    let wrong = event(Renamed::TYPE, &json!("seven"));
    let error = chain(&Renamed::try_from(&wrong).unwrap_err());
    let start = "failed to decode the data of the event as derive::remote::Renamed: invalid type";
    assert!(error.starts_with(start), "{error}");

    let none = Event::builder()
        .source("/s")
        .ty(Renamed::TYPE)
        .subject("c-7");
    let error = Renamed::try_from(&none.build().unwrap()).unwrap_err();
    let expected = "the event has no data, expected derive::remote::Renamed";
    assert_eq!(chain(&error), expected);
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.defaults", source = "/s")]
struct Defaults {
    #[cloudevent(subject)]
    customer: String,
    #[serde(default)]
    count: u8,
    #[serde(default = "many")]
    limit: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(default = "many", skip_serializing_if = "Self::is_many")]
    stock: u8,
    #[serde(skip)]
    cached: u8,
    #[serde(skip_serializing, default)]
    secret: String,
}

fn many() -> u8 {
    99
}

impl Defaults {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes a reference"
    )]
    fn is_many(stock: &u8) -> bool {
        *stock == many()
    }
}

#[test]
fn absent_fields_have_their_defaults() {
    let read = Defaults::try_from(&event(Defaults::TYPE, &json!({}))).unwrap();
    let expected = Defaults {
        customer: "c-7".into(),
        count: 0,
        limit: 99,
        note: None,
        stock: 99,
        cached: 0,
        secret: String::new(),
    };
    assert_eq!(read, expected);
    assert_eq!(encoded(&read).1, r#"{"count":0,"limit":99}"#);
    assert_round_trip(&Defaults {
        note: Some("n".into()),
        stock: 1,
        ..expected
    });
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.container", source = "/s")]
#[serde(default)]
struct ByTrait {
    #[cloudevent(subject)]
    customer: String,
    colour: String,
    #[serde(default)]
    size: u8,
    weight: u8,
}

impl Default for ByTrait {
    fn default() -> Self {
        Self {
            customer: "nobody".into(),
            colour: "blue".into(),
            size: 5,
            weight: 6,
        }
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.path", source = "/s")]
#[serde(default = "by_path")]
struct ByPath {
    #[cloudevent(subject)]
    customer: String,
    colour: String,
}

fn by_path() -> ByPath {
    ByPath {
        customer: "nobody".into(),
        colour: "red".into(),
    }
}

#[test]
fn a_container_default_provides_absent_fields() {
    let read = ByTrait::try_from(&event(ByTrait::TYPE, &json!({ "weight": 1 }))).unwrap();
    let expected = ByTrait {
        customer: "c-7".into(),
        colour: "blue".into(),
        size: 0,
        weight: 1,
    };
    assert_eq!(read, expected);

    let read = ByPath::try_from(&event(ByPath::TYPE, &json!({}))).unwrap();
    assert_eq!(
        read,
        ByPath {
            customer: "c-7".into(),
            colour: "red".into()
        }
    );
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.with", source = "/s")]
struct With {
    #[cloudevent(subject)]
    customer: String,
    #[serde(with = "text")]
    cents: u64,
    #[serde(
        serialize_with = "text::serialize",
        deserialize_with = "text::deserialize"
    )]
    count: u64,
}

/// Numbers as strings.
mod text {
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes a reference"
    )]
    pub(super) fn serialize<S: Serializer>(n: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(n)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[test]
fn functions_of_the_user_serialize_their_fields() {
    let value = With {
        customer: "c-7".into(),
        cents: 1,
        count: 2,
    };

    assert_eq!(encoded(&value).1, r#"{"cents":"1","count":"2"}"#);
    assert_round_trip(&value);
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.flat", source = "/s")]
struct Flat {
    n: u8,
    #[serde(flatten)]
    address: Address,
    #[cloudevent(subject)]
    customer: String,
    #[serde(flatten)]
    rest: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Address {
    city: String,
}

#[test]
fn flattened_fields_are_members_of_the_data() {
    let rest = BTreeMap::from([("more".to_owned(), json!([1]))]);
    let value = Flat {
        n: 1,
        address: Address {
            city: "Rome".into(),
        },
        customer: "c-7".into(),
        rest,
    };

    assert_eq!(encoded(&value).1, r#"{"n":1,"city":"Rome","more":[1]}"#);
    assert_round_trip(&value);
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.tagged", source = "/s")]
#[serde(tag = "kind", rename(serialize = "Box"), crate = "serde")]
struct Tagged {
    #[cloudevent(subject)]
    customer: String,
    #[serde(default)]
    children: Vec<Self>,
    lengths: [u8; Self::SIDES],
}

impl Tagged {
    const SIDES: usize = 2;
}

#[test]
fn tags_and_types_with_custom_names_are_kept() {
    let value = Tagged {
        customer: "c-7".into(),
        children: Vec::new(),
        lengths: [1, 2],
    };
    assert_eq!(
        encoded(&value).1,
        r#"{"kind":"Box","children":[],"lengths":[1,2]}"#
    );

    let read = event(
        Tagged::TYPE,
        &json!({ "kind": "Tagged", "lengths": [1, 2] }),
    );
    assert_eq!(Tagged::try_from(&read).unwrap(), value);
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.expecting", source = "/s")]
#[serde(expecting = "a customer with a number")]
struct Expecting {
    #[cloudevent(subject)]
    customer: String,
    n: u8,
}

#[test]
fn messages_use_the_name_of_the_user() {
    let error = chain(&ByTrait::try_from(&event(ByTrait::TYPE, &json!(7))).unwrap_err());
    assert!(error.contains("expected struct ByTrait "), "{error}");

    let error = chain(&Expecting::try_from(&event(Expecting::TYPE, &json!(7))).unwrap_err());
    assert!(
        error.contains("expected a customer with a number "),
        "{error}"
    );
}

#[test]
fn data_is_serialized_without_a_clone_or_a_move() {
    /// This type is not `Clone` and has a destructor, so that its fields cannot be moved out.
    #[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
    #[cloudevent(type = "co.outcome.owner", source = "/s")]
    struct Owner {
        #[cloudevent(subject)]
        customer: String,
        pieces: Vec<String>,
    }

    impl Drop for Owner {
        fn drop(&mut self) {
            self.pieces.clear();
        }
    }

    let owner = Owner {
        customer: "c-7".into(),
        pieces: vec!["a".into()],
    };
    assert_eq!(encoded(&owner).1, r#"{"pieces":["a"]}"#);
    assert_round_trip(&owner);
}
