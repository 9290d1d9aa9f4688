//! The comparison of schemas by their alternatives.

use std::collections::BTreeSet;

use serde_json::Value;

use super::alternatives::{self, type_of};
use super::difference::{Compare, Difference};
use super::keywords::OPAQUE;
use super::{accepts, array, definitions, object, scalar};

/// The maximum number of schemas that are compared, because alternatives multiply.
const MAX_STEPS: usize = 20_000;

/// The maximum nesting depth.
const MAX_DEPTH: usize = 64;

/// A comparison of a writer's schema with a reader's.
pub(super) struct Comparison<'r> {
    written: &'r Value,
    read: &'r Value,
    /// The pairs of references that are being compared, which recursive types reach again.
    assumed: Vec<(Value, Value)>,
    steps: usize,
    depth: usize,
}

impl<'r> Comparison<'r> {
    /// Creates a comparison of two documents, which contain the definitions.
    pub(super) fn new(written: &'r Value, read: &'r Value) -> Self {
        Self {
            written,
            read,
            assumed: Vec::new(),
            steps: 0,
            depth: 0,
        }
    }

    /// Returns why no alternative of the reader accepts one of the writer.
    fn alternative(
        &mut self,
        path: &str,
        writer: &Value,
        readers: &[Value],
        read: &Value,
    ) -> Vec<Difference> {
        let mut rejections = Vec::new();
        // The same variant first: an enum with many of them is compared in fewer steps.
        let mut ordered: Vec<&Value> = readers.iter().collect();
        ordered.sort_by_cached_key(|reader| (*reader != writer, !is_similar(writer, reader)));
        for reader in ordered {
            let differences = self.single(path, writer, reader);
            if differences.is_empty() {
                return differences;
            }
            rejections.push((reader, differences));
        }
        if let [(_, only)] = rejections.as_slice() {
            return only.clone();
        }
        let mut similar = rejections
            .iter()
            .filter(|(reader, _)| is_similar(writer, reader));
        match (similar.next(), similar.next()) {
            (Some((_, differences)), None) => differences.clone(),
            _ => vec![Difference::new(path, not_accepted(writer), writer, read)],
        }
    }

    /// Compares one alternative of each.
    fn single(&mut self, path: &str, writer: &Value, reader: &Value) -> Vec<Difference> {
        let fail = |message: String| vec![Difference::new(path, message, writer, reader)];
        if reader.as_object().is_none_or(serde_json::Map::is_empty) {
            return Vec::new();
        }
        if let Some(value) = writer.get("const") {
            if accepts::accepts(value, reader) {
                return Vec::new();
            }
            return fail(format!("readers do not accept the value {value}"));
        }
        if let Some(value) = reader.get("const") {
            return fail(format!("readers accept only the value {value}"));
        }
        if let Some(keyword) = OPAQUE
            .iter()
            .find(|keyword| self.differs(writer, reader, keyword))
        {
            return fail(format!("`{keyword}` differs, which cannot be compared"));
        }
        let (written, expected) = (type_of(writer), type_of(reader));
        match (written, expected) {
            (Some("integer"), Some("number")) => {}
            (written, Some(expected)) if written != Some(expected) => {
                let written = written.unwrap_or("value of any type");
                return fail(format!(
                    "readers expect the type {expected}, but get {written}"
                ));
            }
            _ => {}
        }
        match written {
            Some("object") => object::check(self, path, writer, reader),
            Some("array") => array::check(self, path, writer, reader),
            Some("string") => scalar::string(path, writer, reader),
            Some("integer" | "number") => scalar::number(path, writer, reader),
            Some(_) => Vec::new(),
            None if self.is_same(writer, reader) => Vec::new(),
            None => fail("readers restrict a value of any type".to_owned()),
        }
    }

    /// Returns whether a reader has a keyword, and the writer does not have the same.
    fn differs(&self, writer: &Value, reader: &Value, keyword: &str) -> bool {
        let Some(read) = reader.get(keyword) else {
            return false;
        };
        !writer
            .get(keyword)
            .is_some_and(|written| self.is_same(written, read))
    }

    /// Returns whether two schemas are equal, and refer to equal definitions.
    fn is_same(&self, written: &Value, read: &Value) -> bool {
        written == read && definitions::are_same(written, self.written, self.read)
    }
}

impl Compare for Comparison<'_> {
    fn check(&mut self, path: &str, written: &Value, read: &Value) -> Vec<Difference> {
        let is_reference = written.get("$ref").is_some() || read.get("$ref").is_some();
        let pair = is_reference.then(|| (written.clone(), read.clone()));
        if let Some(pair) = &pair
            && self.assumed.contains(pair)
        {
            return Vec::new();
        }
        self.steps += 1;
        let lists = alternatives::of(written, self.written).zip(alternatives::of(read, self.read));
        let Some((writers, readers)) =
            lists.filter(|_| self.steps <= MAX_STEPS && self.depth < MAX_DEPTH)
        else {
            let message = "the schemas are too complex to be compared";
            return vec![Difference::new(path, message, written, read)];
        };
        let is_nested = pair.is_some();
        self.assumed.extend(pair);
        self.depth += 1;
        let mut differences = Vec::new();
        for writer in &writers {
            differences.extend(self.alternative(path, writer, &readers, read));
        }
        self.depth -= 1;
        if is_nested {
            self.assumed.pop();
        }
        differences
    }
}

fn not_accepted(writer: &Value) -> String {
    match (writer.get("const"), type_of(writer)) {
        (Some(value), _) => format!("readers do not accept the value {value}"),
        (None, Some("object")) => "readers do not accept this variant".to_owned(),
        (None, Some(ty)) => format!("readers do not accept the type {ty}"),
        (None, None) => "readers do not accept values of any type".to_owned(),
    }
}

/// Returns whether two alternatives are versions of the same one, such as of one variant of an enum.
fn is_similar(a: &Value, b: &Value) -> bool {
    let (first, second) = (type_of(a), type_of(b));
    if first != second {
        let is_number = |ty| matches!(ty, Some("integer" | "number"));
        return is_number(first) && is_number(second);
    }
    if first != Some("object") {
        return true;
    }
    let (tags, others) = (tags(a), tags(b));
    let mut shared = tags.iter().filter_map(|(name, value)| {
        let other = others.iter().find(|(other, _)| other == name)?;
        Some(value == &other.1)
    });
    match shared.next() {
        Some(is_same) => is_same && shared.all(|is_same| is_same),
        None => required(a) == required(b),
    }
}

/// Returns the properties that have one value.
fn tags(schema: &Value) -> Vec<(&String, Value)> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let tags = properties
        .into_iter()
        .flatten()
        .filter_map(|(name, property)| {
            let value = match property.get("enum").and_then(Value::as_array) {
                Some(values) if values.len() == 1 => values.first(),
                _ => property.get("const"),
            };
            Some((name, value?.clone()))
        });
    tags.collect()
}

fn required(schema: &Value) -> BTreeSet<&str> {
    let list = schema.get("required").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}
