//! The normal form of schemas, without what has no effect on compatibility.

use serde_json::{Map, Value};

use crate::schema::map_subschemas;

/// Keywords that only describe.
const ANNOTATIONS: [&str; 10] = [
    "$comment",
    "$id",
    "$schema",
    "deprecated",
    "description",
    "examples",
    "readOnly",
    "title",
    "writeOnly",
    "markdownDescription",
];

/// Keywords whose order has no effect.
const SETS: [&str; 3] = ["enum", "required", "type"];

/// Returns a schema in normal form: without annotations, and with members in order of their names.
pub(super) fn normalized(schema: &Value) -> Value {
    let Value::Object(map) = schema else {
        return schema.clone();
    };
    let map = map_subschemas(map, &mut |each, _| normalized(each));
    let kept = map
        .into_iter()
        .filter(|(keyword, _)| !ANNOTATIONS.contains(&keyword.as_str()));
    let kept = kept.map(|(keyword, mut value)| {
        if let Value::Array(list) = &mut value
            && SETS.contains(&keyword.as_str())
        {
            list.sort_by_cached_key(ToString::to_string);
        }
        (keyword, value)
    });
    Value::Object(kept.collect())
}

/// Sorts the members of all objects, because `serde_json` keeps their order if any crate asks it to.
pub(super) fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut members: Vec<(String, Value)> = map.into_iter().collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            let members = members
                .into_iter()
                .map(|(name, value)| (name, sorted(value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        Value::Array(list) => list.into_iter().map(sorted).collect(),
        value => value,
    }
}
