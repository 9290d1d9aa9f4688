//! Filters as the JSON of the Subscriptions API.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::kind::{Filter, Kind};

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match &self.kind {
            Kind::Exact(texts) => map.serialize_entry("exact", &AttributeTexts(texts)),
            Kind::Prefix(texts) => map.serialize_entry("prefix", &AttributeTexts(texts)),
            Kind::Suffix(texts) => map.serialize_entry("suffix", &AttributeTexts(texts)),
            Kind::All(filters) => map.serialize_entry("all", &**filters),
            Kind::Any(filters) => map.serialize_entry("any", &**filters),
            Kind::Not(filter) => map.serialize_entry("not", &**filter),
            Kind::Sql(expression) => map.serialize_entry("sql", &expression.to_string()),
        }?;
        map.end()
    }
}

/// Pairs as an object, in their order.
struct AttributeTexts<'a>(&'a [(String, String)]);

impl Serialize for AttributeTexts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, text)| (name, text)))
    }
}
