//! Objects and maps.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::bounds;
use super::difference::{Compare, Difference};

/// The parts of a schema of objects.
struct Object<'s> {
    schema: &'s Value,
    properties: Option<&'s Map<String, Value>>,
    required: BTreeSet<&'s str>,
    /// The schemas of properties by patterns of their names, such as for maps whose keys are numbers.
    patterns: Option<&'s Map<String, Value>>,
    additional: Option<&'s Value>,
}

impl<'s> Object<'s> {
    fn new(schema: &'s Value) -> Self {
        let required = schema.get("required").and_then(Value::as_array);
        Self {
            schema,
            properties: schema.get("properties").and_then(Value::as_object),
            required: required
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect(),
            patterns: schema.get("patternProperties").and_then(Value::as_object),
            additional: schema.get("additionalProperties"),
        }
    }

    fn property(&self, name: &str) -> Option<&'s Value> {
        self.properties?.get(name)
    }

    fn pattern(&self, pattern: &str) -> Option<&'s Value> {
        self.patterns?.get(pattern)
    }

    fn patterns(&self) -> impl Iterator<Item = (&'s String, &'s Value)> {
        self.patterns.into_iter().flatten()
    }

    fn properties(&self) -> impl Iterator<Item = (&'s String, &'s Value)> {
        self.properties.into_iter().flatten()
    }
}

/// Compares two schemas of objects.
pub(super) fn check(
    comparison: &mut dyn Compare,
    path: &str,
    writer: &Value,
    reader: &Value,
) -> Vec<Difference> {
    let (writer, reader) = (Object::new(writer), Object::new(reader));
    let mut differences = required(path, &writer, &reader);
    for (name, written) in writer.properties() {
        let path = format!("{path}.{name}");
        match (reader.property(name), reader.additional) {
            (None, Some(Value::Bool(false))) => {
                let message = "readers refuse the unknown property";
                differences.push(Difference {
                    read: None,
                    ..Difference::new(&path, message, written, written)
                });
            }
            (Some(read), _) | (None, Some(read)) => {
                differences.extend(comparison.check(&path, written, read));
            }
            (None, None) => {}
        }
    }
    differences.extend(additional(comparison, path, &writer, &reader));
    let count =
        |object: &Object<'_>| bounds::between(object.schema, "minProperties", "maxProperties");
    if !count(&reader).includes(count(&writer)) {
        let message = "readers accept fewer numbers of properties";
        differences.push(Difference::new(path, message, writer.schema, reader.schema));
    }
    differences
}

/// Returns the properties that readers require, but that writers need not write.
fn required(path: &str, writer: &Object<'_>, reader: &Object<'_>) -> Vec<Difference> {
    let missing = reader
        .required
        .iter()
        .filter(|name| !writer.required.contains(*name));
    let has_default = |name: &str| {
        reader
            .property(name)
            .is_some_and(|property| property.get("default").is_some())
    };
    let missing = missing.filter(|name| !has_default(name));
    let differences = missing.map(|name| {
        let written = writer.property(name);
        let message = match written {
            Some(_) => "readers require the property, but senders may leave it out".to_owned(),
            None => match renamed(name, writer, reader) {
                Some(other) => {
                    format!("readers require the property, which senders write as `{other}`")
                }
                None => "readers require the property, but senders do not write it".to_owned(),
            },
        };
        Difference {
            path: format!("{path}.{name}"),
            message,
            written: written.cloned(),
            read: reader.property(name).cloned(),
        }
    });
    differences.collect()
}

/// Returns the property of the same schema that only writers have, if there is exactly one.
fn renamed<'s>(name: &str, writer: &Object<'s>, reader: &Object<'_>) -> Option<&'s str> {
    let read = reader.property(name)?;
    let mut candidates = writer
        .properties()
        .filter(|(other, written)| reader.property(other).is_none() && *written == read);
    let (found, _) = candidates.next()?;
    candidates.next().is_none().then_some(found.as_str())
}

/// Compares the values of maps, and what maps and structs may write for each other.
fn additional(
    comparison: &mut dyn Compare,
    path: &str,
    writer: &Object<'_>,
    reader: &Object<'_>,
) -> Vec<Difference> {
    let any = format!("{path}.*");
    let mut differences = Vec::new();
    let additional = writer
        .additional
        .filter(|written| **written != Value::Bool(false));
    let patterns = writer
        .patterns()
        .map(|(pattern, written)| (written, reader.pattern(pattern)));
    for (written, read) in patterns.chain(additional.map(|written| (written, None))) {
        match read.or(reader.additional) {
            None | Some(Value::Bool(true)) => {}
            Some(Value::Bool(false)) => {
                let message = "readers refuse unknown properties";
                differences.push(Difference::new(&any, message, written, &Value::Bool(false)));
            }
            Some(read) => differences.extend(comparison.check(&any, written, read)),
        }
        for (name, read) in reader.properties() {
            if writer.property(name).is_none() {
                let path = format!("{path}.{name}");
                differences.extend(comparison.check(&path, written, read));
            }
        }
    }
    differences.extend(unknown_pattern(path, writer, reader));
    differences
}

/// Returns the difference for a pattern that only readers have, unless they refuse everything else. Whether
/// names of the writer match it is unknown.
fn unknown_pattern(path: &str, writer: &Object<'_>, reader: &Object<'_>) -> Option<Difference> {
    let mut patterns = reader.patterns();
    let is_unknown = patterns.any(|(pattern, _)| writer.pattern(pattern).is_none());
    (is_unknown && reader.additional != Some(&Value::Bool(false))).then(|| {
        let message = "`patternProperties` differs, which cannot be compared";
        Difference::new(path, message, writer.schema, reader.schema)
    })
}
