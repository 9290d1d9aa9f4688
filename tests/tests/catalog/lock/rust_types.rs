//! Changes of Rust types, through their schemas.

use std::collections::BTreeMap;

use eventkit::{CloudEvent, EventMembers};
use eventkit_catalog::{Catalog, EventSchemas};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::verdicts;

/// Returns whether a change from one Rust type to another breaks nothing, in each mode.
fn change<A, B>() -> [bool; 3]
where
    A: EventMembers<Members: EventSchemas>,
    B: EventMembers<Members: EventSchemas>,
{
    let old = Catalog::builder("old", "1")
        .events::<A>()
        .build()
        .unwrap()
        .lock();
    let new = Catalog::builder("new", "1")
        .events::<B>()
        .build()
        .unwrap()
        .lock();
    verdicts(&old, &new)
}

/// Defines an event type in a module, so that versions can have the same name.
macro_rules! version {
    ($module:ident: $($item:item)*) => {
        mod $module {
            #[allow(unused_imports)]
            use super::*;
            $(
                #[derive(Serialize, Deserialize, JsonSchema)]
                $item
            )*
        }
    };
}

/// Defines an event type with one field of a type.
macro_rules! event {
    ($name:ident, $(#[$field:meta])* $ty:ty) => {
        #[derive(Serialize, Deserialize, JsonSchema, CloudEvent)]
        #[cloudevent(type = "co.outcome.changed", source = "/shop")]
        struct $name {
            $(#[$field])*
            #[allow(dead_code)]
            value: $ty,
        }
    };
}

version!(external: pub(super) enum Payment { Cash, Card { digits: String } });
version!(external_more: pub(super) enum Payment { Cash, Card { digits: String }, Voucher(String) });
version!(internal: #[serde(tag = "kind")] pub(super) enum Payment { Cash, Card { digits: String } });
version!(internal_more: #[serde(tag = "kind")] pub(super) enum Payment { Cash, Card { digits: String }, Voucher { code: String } });
version!(adjacent: #[serde(tag = "kind", content = "content")] pub(super) enum Payment { Cash, Card { digits: String } });
version!(adjacent_more: #[serde(tag = "kind", content = "content")] pub(super) enum Payment { Cash, Card { digits: String }, Voucher(String) });
version!(untagged: #[serde(untagged)] pub(super) enum Payment { Number(u32), Text(String) });
version!(untagged_more: #[serde(untagged)] pub(super) enum Payment { Number(u32), Text(String), Flag(bool) });

event!(External, external::Payment);
event!(ExternalMore, external_more::Payment);
event!(Internal, internal::Payment);
event!(InternalMore, internal_more::Payment);
event!(Adjacent, adjacent::Payment);
event!(AdjacentMore, adjacent_more::Payment);
event!(Untagged, untagged::Payment);
event!(UntaggedMore, untagged_more::Payment);

#[test]
fn a_new_variant_breaks_old_readers_for_every_kind_of_enum() {
    assert_eq!(change::<External, ExternalMore>(), [true, false, false]);
    assert_eq!(change::<Internal, InternalMore>(), [true, false, false]);
    assert_eq!(change::<Adjacent, AdjacentMore>(), [true, false, false]);
    assert_eq!(change::<Untagged, UntaggedMore>(), [true, false, false]);
    assert_eq!(change::<ExternalMore, External>(), [false, true, false]);
}

#[test]
fn another_kind_of_enum_breaks_everything() {
    assert_eq!(change::<External, Internal>(), [false; 3]);
    assert_eq!(change::<Internal, Adjacent>(), [false; 3]);
    assert_eq!(change::<External, External>(), [true; 3]);
}

event!(Text, String);
event!(Optional, Option<String>);
event!(
    Defaulted,
    #[serde(default)]
    String
);
event!(Skipped, #[serde(default, skip_serializing_if = "Option::is_none")] Option<String>);

#[test]
fn an_option_is_read_but_not_written_for_old_readers() {
    // An `Option` is written as `null`.
    assert_eq!(change::<Text, Optional>(), [true, false, false]);
    assert_eq!(change::<Optional, Text>(), [false, true, false]);
}

#[test]
fn a_default_is_compatible_because_the_field_is_still_written() {
    assert_eq!(change::<Text, Defaulted>(), [true; 3]);
    assert_eq!(change::<Defaulted, Text>(), [true; 3]);
    // Here it may be missing.
    assert_eq!(change::<Text, Skipped>(), [true, false, false]);
}

event!(Small, u32);
event!(Large, u64);
event!(Signed, i64);
event!(Float, f64);

#[test]
fn numbers_may_only_grow_for_readers() {
    assert_eq!(change::<Small, Large>(), [true, false, false]);
    assert_eq!(change::<Small, Signed>(), [true, false, false]);
    assert_eq!(change::<Large, Signed>(), [false; 3]);
    assert_eq!(change::<Signed, Float>(), [true, false, false]);
}

event!(Map, BTreeMap<String, u32>);
event!(LargerMap, BTreeMap<String, u64>);
event!(List, Vec<(u32, String)>);
event!(LargerList, Vec<(u64, String)>);
event!(OtherList, Vec<(u32, String, bool)>);

#[test]
fn maps_lists_and_tuples_are_compared() {
    assert_eq!(change::<Map, LargerMap>(), [true, false, false]);
    assert_eq!(change::<List, LargerList>(), [true, false, false]);
    assert_eq!(change::<List, OtherList>(), [false; 3]);
    assert_eq!(change::<Map, List>(), [false; 3]);
}

#[derive(Serialize, Deserialize, JsonSchema, CloudEvent)]
#[cloudevent(type = "co.outcome.changed", source = "/shop")]
struct Open {
    id: u32,
}

#[derive(Serialize, Deserialize, JsonSchema, CloudEvent)]
#[cloudevent(type = "co.outcome.changed", source = "/shop")]
#[serde(deny_unknown_fields)]
struct Strict {
    id: u32,
}

#[derive(Serialize, Deserialize, JsonSchema, CloudEvent)]
#[cloudevent(type = "co.outcome.changed", source = "/shop")]
struct More {
    id: u32,
    #[serde(default)]
    more: Option<String>,
}

#[derive(Serialize, Deserialize, JsonSchema, CloudEvent)]
#[cloudevent(type = "co.outcome.changed", source = "/shop")]
struct Flattened {
    #[serde(flatten)]
    own: Open2,
    more: Option<String>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Open2 {
    id: u32,
}

#[test]
fn unknown_fields_break_only_strict_readers() {
    assert_eq!(change::<Open, More>(), [true; 3]);
    assert_eq!(change::<More, Open>(), [true; 3]);
    assert_eq!(change::<Strict, More>(), [true, false, false]);
    assert_eq!(change::<More, Strict>(), [false, true, false]);
    assert_eq!(change::<Open, Strict>(), [true; 3]);
}

#[test]
fn flattened_fields_are_fields() {
    assert_eq!(change::<Open, Flattened>(), [true; 3]);
    assert_eq!(change::<More, Flattened>(), [true; 3]);
}

#[derive(Serialize, Deserialize, JsonSchema, CloudEvent)]
#[cloudevent(type = "co.outcome.changed", source = "/shop")]
struct Attribute {
    #[cloudevent(extension = "number")]
    id: u32,
}

#[test]
fn a_field_that_becomes_an_attribute_is_no_longer_data() {
    assert_eq!(change::<Open, Attribute>(), [false; 3]);
}

version!(line: pub(super) struct Line { price: u32 });
version!(line_other: pub(super) struct Line { price: String });
version!(line_more: pub(super) struct Line { price: u32, #[serde(default)] note: String });

event!(Numbered, BTreeMap<u32, line::Line>);
event!(NumberedOther, BTreeMap<u32, line_other::Line>);
event!(NumberedMore, BTreeMap<u32, line_more::Line>);
event!(Named, BTreeMap<String, line::Line>);
event!(NamedOther, BTreeMap<String, line_other::Line>);

#[test]
fn the_values_of_maps_with_numbers_as_keys_are_compared() {
    assert_eq!(change::<Numbered, Numbered>(), [true; 3]);
    assert_eq!(change::<Numbered, NumberedOther>(), [false; 3]);
    assert_eq!(change::<Numbered, NumberedMore>(), [true; 3]);
    // Readers of texts accept numbers as keys.
    assert_eq!(change::<Numbered, Named>(), [true, false, false]);
    assert_eq!(change::<Numbered, NamedOther>(), [false; 3]);
}

version!(cased: pub(super) enum Event { Opened { at: u32 }, Closed { at: u32 } });
version!(cased_more: pub(super) enum Event { Opened { at: u32 }, Closed { at: u32 }, Lost { at: u32 } });

macro_rules! flattened {
    ($name:ident, $event:ty, $($field:ident: $ty:ty),*) => {
        #[derive(Serialize, Deserialize, JsonSchema, CloudEvent)]
        #[cloudevent(type = "co.outcome.changed", source = "/shop")]
        struct $name {
            #[serde(flatten)]
            event: $event,
            $($field: $ty,)*
        }
    };
}

flattened!(FlattenedEnum, cased::Event, id: u32);
flattened!(FlattenedEnumMore, cased_more::Event, id: u32);
flattened!(FlattenedEnumField, cased::Event, id: u32, more: u32);

#[test]
fn variants_of_flattened_enums_are_compared() {
    assert_eq!(change::<FlattenedEnum, FlattenedEnum>(), [true; 3]);
    assert_eq!(
        change::<FlattenedEnum, FlattenedEnumMore>(),
        [true, false, false]
    );
    assert_eq!(
        change::<FlattenedEnum, FlattenedEnumField>(),
        [false, true, false]
    );
}
