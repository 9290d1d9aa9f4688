//! Examples of values of a schema.

use serde_json::{Map, Value, json};

use super::resolve;

/// The depth below which optional parts are left out, because schemas may be recursive.
const MAX_DEPTH: usize = 6;

/// Returns an example of a value: one of the schema, or one made up from its keywords. The name of the
/// property appears in texts.
pub(crate) fn sample(schema: &Value, name: &str) -> Value {
    Sampler { root: schema }.value(schema, name, 0)
}

struct Sampler<'s> {
    root: &'s Value,
}

impl Sampler<'_> {
    fn value(&self, schema: &Value, name: &str, depth: usize) -> Value {
        if let Some(given) = given(schema) {
            return given;
        }
        let schema = resolve(schema, self.root);
        if let Some(given) = given(schema) {
            return given;
        }
        if depth > MAX_DEPTH {
            return Value::Null;
        }
        let mut value = self.alternative(schema, name, depth);
        if let Some(Value::Array(all)) = schema.get("allOf") {
            for each in all {
                merge(&mut value, self.value(each, name, depth + 1));
            }
        }
        let own = match type_of(schema) {
            Some("object") => self.object(schema, depth),
            Some("array") => self.array(schema, name, depth),
            Some("string") => string(schema, name),
            Some("integer") => number(schema),
            Some("number") => json!(12.5),
            Some("boolean") => json!(true),
            _ => Value::Null,
        };
        merge(&mut value, own);
        value
    }

    /// Returns an example of the first alternative that is not `null`.
    fn alternative(&self, schema: &Value, name: &str, depth: usize) -> Value {
        let any = schema.get("oneOf").or_else(|| schema.get("anyOf"));
        let mut any = any.and_then(Value::as_array).into_iter().flatten();
        let first = any.find(|each| type_of(each) != Some("null"));
        first.map_or(Value::Null, |first| self.value(first, name, depth + 1))
    }

    fn object(&self, schema: &Value, depth: usize) -> Value {
        let required = |name: &str| {
            let list = schema.get("required").and_then(Value::as_array);
            list.is_some_and(|list| list.iter().any(|each| each == name))
        };
        let mut object = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, property) in properties.into_iter().flatten() {
            if depth < MAX_DEPTH / 2 || required(name) {
                object.insert(name.clone(), self.value(property, name, depth + 1));
            }
        }
        if let Some(values @ Value::Object(_)) = schema.get("additionalProperties")
            && object.is_empty()
            && depth < MAX_DEPTH / 2
        {
            object.insert("key".to_owned(), self.value(values, "value", depth + 1));
        }
        Value::Object(object)
    }

    fn array(&self, schema: &Value, name: &str, depth: usize) -> Value {
        match schema.get("items") {
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| self.value(item, name, depth + 1))
                .collect(),
            Some(item) if depth < MAX_DEPTH / 2 => {
                let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(1);
                let item = self.value(item, name, depth + 1);
                let count = usize::try_from(least.clamp(1, 3)).unwrap_or(1);
                Value::Array(vec![item; count])
            }
            _ => json!([]),
        }
    }
}

/// Returns the value that a schema itself gives.
fn given(schema: &Value) -> Option<Value> {
    let first = |keyword| schema.get(keyword)?.as_array()?.first();
    let found = schema.get("const");
    let found = found
        .or_else(|| first("examples"))
        .or_else(|| first("enum"));
    let found = found.or_else(|| schema.get("default").filter(|value| !value.is_null()));
    found.cloned()
}

fn type_of(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::String(ty) => Some(ty),
        Value::Array(types) => {
            let mut types = types.iter().filter_map(Value::as_str);
            types.find(|ty| *ty != "null")
        }
        _ => None,
    }
}

fn string(schema: &Value, name: &str) -> Value {
    let text = match schema.get("format").and_then(Value::as_str) {
        Some("date-time" | "partial-date-time") => "2026-01-31T09:30:00Z",
        Some("date") => "2026-01-31",
        Some("time" | "partial-time") => "09:30:00Z",
        Some("uuid") => "5f0c8a52-6a7b-4d57-9c0e-0a3a5b7d9e11",
        Some("uri" | "url") => "https://example.com/",
        Some("email") => "ann@example.com",
        Some("ipv4" | "ip") => "192.0.2.1",
        _ if schema.get("maxLength") == Some(&json!(1)) => "x",
        _ => name,
    };
    json!(text)
}

fn number(schema: &Value) -> Value {
    let least = schema.get("minimum").and_then(Value::as_f64).unwrap_or(0.0);
    let most = schema
        .get("maximum")
        .and_then(Value::as_f64)
        .unwrap_or(f64::MAX);
    #[expect(clippy::cast_possible_truncation, reason = "an example")]
    let number = 42.0_f64.clamp(least, most.max(least)) as i64;
    json!(number)
}

/// Adds the members of an object. A value that is not an object replaces nothing but `null`.
fn merge(value: &mut Value, other: Value) {
    match (value, other) {
        (Value::Object(own), Value::Object(other)) => own.extend(other),
        (value @ Value::Null, other) => *value = other,
        _ => {}
    }
}
