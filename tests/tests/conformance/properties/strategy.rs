//! Generators of valid events.

use bytes::Bytes;
use eventkit::event::{AttributeValue, BuildError, Data, Timestamp, Uri, UriReference};
use eventkit::{Event, EventBuilder};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::Value;

/// The names that extensions cannot have.
const TAKEN: [&str; 9] = [
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "datacontenttype",
    "dataschema",
    "data",
];

/// Generates a character that attributes can contain, of any plane.
fn character() -> impl Strategy<Value = char> + Clone {
    any::<char>().prop_filter("not allowed in an attribute", |c| {
        let code = u32::from(*c);
        let noncharacter = (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE;
        !c.is_control() && !noncharacter
    })
}

/// Generates text that attributes can contain, with many characters that are special in headers and
/// JSON.
pub(crate) fn text() -> impl Strategy<Value = String> + Clone {
    let part = prop_oneof![
        4 => "[a-zA-Z0-9.]{1,8}",
        2 => "[ \"\\\\%/;,=+&<>]{1,3}",
        1 => "%[0-9A-Fa-f]{2}",
        2 => vec(character(), 1..4).prop_map(String::from_iter),
    ];
    vec(part, 1..4).prop_map(|parts| parts.concat())
}

fn uri() -> impl Strategy<Value = String> {
    prop_oneof![
        "https?://[a-z]{1,6}\\.example(:[0-9]{1,4})?(/[a-z0-9~._-]{1,4}){0,3}(\\?[a-z]=[0-9]%20)?",
        "urn:[a-z]{2,6}:[a-zA-Z0-9:._-]{1,8}",
        "mailto:[a-z]{1,4}@example\\.com",
        "tag:[a-z]{1,4},2026:[a-z]{1,4}",
    ]
}

fn uri_reference() -> impl Strategy<Value = String> {
    prop_oneof![
        uri(),
        "(/[a-z0-9~._-]{1,5}){1,3}(\\?[a-z]{1,2})?(#[a-z]{1,3})?",
        "[a-z]{1,6}(/[a-z]{1,3}|%[0-9A-F]{2}|#[a-z]{1,3})?",
        "//[a-z]{1,5}/[a-z]{0,3}",
    ]
}

/// Generates times with any offset in minutes and any number of fraction digits.
pub(crate) fn timestamp() -> impl Strategy<Value = Timestamp> {
    let date = (1_u32..9999, 1_u32..=12, 1_u32..=28);
    let clock = (0_u32..24, 0_u32..60, 0_u32..60);
    let offset = prop_oneof!["Z", "z", "[+-](0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]"];
    (date, clock, "(\\.[0-9]{1,9})?", offset).prop_map(|(date, clock, fraction, offset)| {
        let (year, month, day) = date;
        let (hour, minute, second) = clock;
        let text = format!(
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{offset}"
        );
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    })
}

fn bytes() -> impl Strategy<Value = Bytes> + Clone {
    vec(any::<u8>(), 0..24).prop_map(Bytes::from)
}

/// Generates a value of any of the seven types.
fn attribute_value() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![
        any::<bool>().prop_map(AttributeValue::Boolean),
        any::<i32>().prop_map(AttributeValue::Integer),
        option::of(text()).prop_map(|text| AttributeValue::String(text.unwrap_or_default())),
        bytes().prop_map(AttributeValue::Binary),
        uri().prop_map(|uri| AttributeValue::Uri(Uri::new(uri).unwrap())),
        uri_reference()
            .prop_map(|uri| AttributeValue::UriReference(UriReference::new(uri).unwrap())),
        timestamp().prop_map(AttributeValue::Timestamp),
    ]
}

fn extension_name() -> impl Strategy<Value = String> {
    let taken = "the name of another attribute";
    "[a-z0-9]{1,24}".prop_filter(taken, |name| !TAKEN.contains(&&**name))
}

/// Generates any JSON value.
pub(crate) fn json() -> impl Strategy<Value = Value> + Clone {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((any::<String>(), inner), 0..4).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// Generates the text of a JSON value, with and without white space.
fn json_text() -> impl Strategy<Value = String> + Clone {
    (json(), any::<bool>()).prop_map(|(value, pretty)| {
        if pretty {
            format!("\n{value:#}\t")
        } else {
            value.to_string()
        }
    })
}

/// Generates data of all kinds, each with the content types that it can have.
fn data() -> impl Strategy<Value = (Option<&'static str>, Option<Data>)> {
    let json_types = prop::sample::select(vec![
        "application/json",
        "application/json; charset=utf-8",
        "application/json;",
        "Application/Vnd.Order+JSON",
        "text/json",
    ]);
    let text_types = prop::sample::select(vec![
        "text/plain",
        "text/plain; charset=\"utf-8\"",
        "Text/CSV",
        "application/xml",
        "image/svg+xml",
        "application/jsonseq",
    ]);
    let other_types = prop::sample::select(vec![
        "application/octet-stream",
        "image/png",
        "text/plain; charset=iso-8859-1",
        "text/plain; charset=utf-16",
        "application/cloudevents+json",
        "Application/CloudEvents-Batch+JSON; charset=utf-8",
        "multipart/mixed; boundary=\"a b\"",
        "application/protobuf",
        "application/protobuf; proto=shop.Order",
        "application/vnd.order+protobuf; proto=\"example.com/a b/Order\"",
    ]);
    let any_type = prop_oneof![json_types.clone(), text_types.clone(), other_types.clone()];
    let as_json = json_text().prop_map(|text| Data::json(text).unwrap());
    let element = "<[a-z]{1,3}( xmlns=\"urn:[a-z]\")?( x=\"[a-z&;]{0,3}\")?>[a-z ]{0,3}(<!--c-->)?</[a-z]{1,3}>|<(ce:)?[a-z]/>";
    let as_text = prop_oneof![any::<String>(), json_text(), element].prop_map(Data::text);
    let any_text = prop_oneof![as_text.clone(), "[a-z ]{0,6}".prop_map(Data::text)];
    let as_bytes = bytes().prop_map(Data::binary);
    let json_as_bytes = json_text().prop_map(Data::binary);
    let none = || option::of(any_type.clone());
    prop_oneof![
        1 => none().prop_map(|media_type| (media_type, None)),
        2 => (Just(None), as_json.clone().prop_map(Some)),
        1 => (Just(None), as_text.clone().prop_map(Some)),
        1 => (Just(None), as_bytes.clone().prop_map(Some)),
        3 => (json_types.prop_map(Some), prop_oneof![as_json.clone(), json_as_bytes].prop_map(Some)),
        2 => (text_types.prop_map(Some), prop_oneof![as_text, as_json].prop_map(Some)),
        2 => (other_types.prop_map(Some), as_bytes.clone().prop_map(Some)),
        1 => (any_type.clone().prop_map(Some), as_bytes.prop_map(Some)),
        1 => (any_type.prop_map(Some), any_text.prop_map(Some)),
    ]
}

/// Generates events that can be built: all attributes, all types of extensions, all kinds of data.
///
/// Events that the builder refuses are generated too, and then filtered out.
pub(crate) fn event() -> impl Strategy<Value = Event> {
    built().prop_filter_map("refused by the builder", Result::ok)
}

pub(crate) fn built() -> impl Strategy<Value = Result<Event, BuildError>> {
    let required = (text(), uri_reference(), text());
    let optional = (
        option::of(text()),
        option::of(timestamp()),
        option::of(uri()),
    );
    let extensions = btree_map(extension_name(), attribute_value(), 0..6);
    (required, optional, extensions, data()).prop_map(|(required, optional, extensions, data)| {
        let (id, source, ty) = required;
        let (subject, time, schema) = optional;
        let (media_type, data) = data;
        let mut builder = Event::builder().id(id).source(source).ty(ty).without_time();
        builder = set(builder, subject, EventBuilder::subject);
        builder = set(builder, time, EventBuilder::time);
        builder = set(builder, schema, EventBuilder::data_schema);
        builder = set(builder, media_type, EventBuilder::data_content_type);
        builder = set(builder, data, EventBuilder::data);
        for (name, value) in extensions {
            builder = builder.extension(name, value);
        }
        builder.build()
    })
}

fn set<T>(
    builder: EventBuilder,
    value: Option<T>,
    with: impl FnOnce(EventBuilder, T) -> EventBuilder,
) -> EventBuilder {
    match value {
        Some(value) => with(builder, value),
        None => builder,
    }
}
