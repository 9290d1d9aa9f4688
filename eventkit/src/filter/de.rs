//! Deserialization of filters from the JSON of the Subscriptions API.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::error::FilterParseError;
use super::kind::{Filter, MAX_NESTING};

const DIALECTS: [&str; 7] = ["exact", "prefix", "suffix", "all", "any", "not", "sql"];

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        One { depth: 0 }.deserialize(deserializer)
    }
}

/// A seed for one filter; it counts the depth on the way down, so that the stack cannot overflow.
#[derive(Clone, Copy)]
struct One {
    depth: usize,
}

impl One {
    /// Returns the seed for a filter nested in this one.
    fn within<E: Error>(self) -> Result<Self, E> {
        let depth = self.depth + 1;
        let deeper = (depth <= MAX_NESTING).then_some(Self { depth });
        deeper.ok_or_else(|| E::custom(FilterParseError::Nesting))
    }
}

impl<'de> DeserializeSeed<'de> for One {
    type Value = Filter;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Filter, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for One {
    type Value = Filter;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a filter: an object with a dialect as its only member")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Filter, A::Error> {
        let Some(dialect) = map.next_key::<String>()? else {
            return Err(A::Error::custom(
                "expected an object with a filter dialect as its only member, found an empty object",
            ));
        };
        let filter = match dialect.as_str() {
            "exact" => Filter::exact(map.next_value::<AttributeTexts>()?.0),
            "prefix" => Filter::prefix(map.next_value::<AttributeTexts>()?.0),
            "suffix" => Filter::suffix(map.next_value::<AttributeTexts>()?.0),
            "all" => Filter::all(map.next_value_seed(List(self.within()?))?),
            "any" => Filter::any(map.next_value_seed(List(self.within()?))?),
            "not" => Filter::not(map.next_value_seed(self.within()?)?),
            "sql" => Filter::sql(&map.next_value::<String>()?),
            _ => {
                let known = DIALECTS.join("`, `");
                return Err(A::Error::custom(format!(
                    "unknown filter dialect {dialect:?}: expected one of `{known}`"
                )));
            }
        };
        if let Some(second) = map.next_key::<String>()? {
            return Err(A::Error::custom(format!(
                "expected a filter with one dialect, found a second one: {second:?}"
            )));
        }
        filter.map_err(A::Error::custom)
    }
}

/// A seed for the filters of `all` and `any`.
struct List(One);

impl<'de> DeserializeSeed<'de> for List {
    type Value = Vec<Filter>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Filter>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List {
    type Value = Vec<Filter>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of filters")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Filter>, A::Error> {
        let mut filters = Vec::new();
        while let Some(filter) = list.next_element_seed(self.0)? {
            filters.push(filter);
        }
        Ok(filters)
    }
}

/// An ordered list of names and texts, which is validated when the filter is created.
struct AttributeTexts(Vec<(String, String)>);

impl<'de> Deserialize<'de> for AttributeTexts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self(Vec::new()))
    }
}

impl<'de> Visitor<'de> for AttributeTexts {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of attribute names and strings")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some(entry) = map.next_entry()? {
            self.0.push(entry);
        }
        Ok(self)
    }
}
