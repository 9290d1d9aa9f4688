//! The reference: a slow and simple decoder of JSON events, one rule after another, on owned
//! values.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, FixedOffset};
use eventkit::event::{DataKind, MediaType};
use iri_string::spec::UriSpec;
use iri_string::validate;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::timestamps::by_chrono;

/// An event as decoded by the reference.
#[derive(Debug)]
pub(crate) struct Reference {
    /// The attributes except the time, as canonical strings. `specversion` is omitted.
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) time: Option<DateTime<FixedOffset>>,
    pub(crate) data: Option<(DataKind, Vec<u8>)>,
}

/// The members of an object in their order, including duplicates.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}

/// The error for an invalid event.
struct Invalid;

/// A value that may be absent or invalid.
type Maybe<T> = Result<Option<T>, Invalid>;

/// Decodes an event, or returns `None` if it is invalid.
pub(crate) fn decode(bytes: &[u8]) -> Option<Reference> {
    let Members(members) = serde_json::from_str(std::str::from_utf8(bytes).ok()?).ok()?;
    let mut values = BTreeMap::new();
    for (name, value) in members {
        if values.insert(name, value).is_some() {
            return None;
        }
    }
    let data = values.remove("data");
    let data_base64: Option<String> = match values.remove("data_base64") {
        Some(value) => serde_json::from_str(value.get()).ok()?,
        None => None,
    };
    let mut attributes = BTreeMap::new();
    for (name, value) in values {
        if let Some(text) = scalar(&value).ok()? {
            attributes.insert(name, text);
        }
    }
    if attributes.remove("specversion")?.0 != "1.0" {
        return None;
    }
    let time = match attributes.remove("time") {
        Some((text, true)) => Some(by_chrono(&text)?),
        Some(_) => return None,
        None => None,
    };
    for name in ["id", "source", "type"] {
        attributes.get(name)?;
    }
    for (name, (value, is_string)) in &attributes {
        check(name, value, *is_string).then_some(())?;
    }
    let mut attributes: BTreeMap<String, String> = attributes
        .into_iter()
        .map(|(name, (value, _))| (name, value))
        .collect();
    let data = content(data.as_deref(), data_base64, &mut attributes).ok()?;
    Some(Reference {
        attributes,
        time,
        data,
    })
}

/// Returns the text of an attribute and whether it is a string. `null` is an absent attribute.
fn scalar(value: &RawValue) -> Maybe<(String, bool)> {
    let value = value.get();
    Ok(match value {
        "null" => None,
        "true" | "false" => Some((value.to_owned(), false)),
        _ if value.starts_with('"') => Some((string(value)?, true)),
        _ => {
            let number = value.parse::<i32>().map_err(|_| Invalid)?;
            Some((number.to_string(), false))
        }
    })
}

fn string(json: &str) -> Result<String, Invalid> {
    serde_json::from_str(json).map_err(|_| Invalid)
}

fn check(name: &str, value: &str, is_string: bool) -> bool {
    let of_letters = |name: &str| {
        let mut characters = name.chars();
        !name.is_empty() && characters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    match name {
        "id" | "type" | "subject" => is_string && !value.is_empty() && is_text(value),
        "source" => {
            is_string && !value.is_empty() && validate::iri_reference::<UriSpec>(value).is_ok()
        }
        "dataschema" => is_string && validate::absolute_iri::<UriSpec>(value).is_ok(),
        "datacontenttype" => is_string && is_text(value) && MediaType::parse(value).is_ok(),
        _ => of_letters(name) && is_text(value),
    }
}

fn is_text(text: &str) -> bool {
    text.chars().all(|c| {
        let code = u32::from(c);
        let noncharacter = (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE;
        !(c.is_control() || noncharacter)
    })
}

fn content(
    data: Option<&RawValue>,
    base64: Option<String>,
    attributes: &mut BTreeMap<String, String>,
) -> Maybe<(DataKind, Vec<u8>)> {
    // White space at the end of a content type is not a part of it.
    if let Some(text) = attributes.get_mut("datacontenttype") {
        text.truncate(text.trim_end_matches(' ').len());
    }
    let content_type = attributes.get("datacontenttype");
    let is_json =
        content_type.is_none_or(|text| MediaType::parse(text).is_ok_and(|ty| ty.is_json()));
    match (data, base64) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(Invalid),
        (None, Some(text)) => {
            let bytes = BASE64_STANDARD.decode(text).map_err(|_| Invalid)?;
            Ok(Some((DataKind::Binary, bytes)))
        }
        (Some(json), None) if is_json => {
            if depth(json.get()) > 127 {
                return Err(Invalid);
            }
            let implied = || "application/json".to_owned();
            attributes
                .entry("datacontenttype".to_owned())
                .or_insert_with(implied);
            Ok(Some((DataKind::Json, json.get().as_bytes().to_vec())))
        }
        (Some(json), None) => Ok(Some((DataKind::Text, string(json.get())?.into_bytes()))),
    }
}

/// Returns the maximum number of open arrays and objects of valid JSON.
fn depth(json: &str) -> usize {
    let (mut open, mut most, mut in_string) = (0, 0, false);
    let mut characters = json.chars();
    while let Some(c) = characters.next() {
        match c {
            '"' => in_string = !in_string,
            '\\' if in_string => drop(characters.next()),
            '[' | '{' if !in_string => {
                open += 1;
                most = most.max(open);
            }
            ']' | '}' if !in_string => open -= 1,
            _ => {}
        }
    }
    most
}
