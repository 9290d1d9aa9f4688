//! The table of schema changes in the documentation: each row is checked.

#![expect(clippy::too_many_lines, reason = "the rows are read as one table")]

use std::fmt::Write;

use expect_test::expect_file;
use serde_json::{Value, json};

use super::{lock, verdicts};

/// A change of a schema.
struct Row {
    change: &'static str,
    old: Value,
    new: Value,
    /// Whether the lock accepts it backward and forward.
    own: [bool; 2],
    /// Whether the rules of Confluent do.
    confluent: [bool; 2],
}

fn row(change: &'static str, old: Value, new: Value, own: [bool; 2], confluent: [bool; 2]) -> Row {
    Row {
        change,
        old,
        new,
        own,
        confluent,
    }
}

pub(super) const YES: bool = true;
pub(super) const NO: bool = false;

/// Returns an object with a required `id` and more properties, of which some are required.
fn object(properties: Value, required: &[&str]) -> Value {
    let mut all = json!({ "id": { "type": "string" } });
    all.as_object_mut()
        .unwrap()
        .extend(properties.as_object().unwrap().clone());
    let required: Vec<&str> = required.iter().copied().chain(["id"]).collect();
    json!({ "type": "object", "properties": all, "required": required })
}

fn closed(mut schema: Value) -> Value {
    schema["additionalProperties"] = json!(false);
    schema
}

/// Returns an object with one required property.
fn of(property: Value) -> Value {
    object(json!({ "x": property }), &["x"])
}

fn properties() -> Vec<Row> {
    let plain = || object(json!({}), &[]);
    let x = || json!({ "x": { "type": "integer" } });
    let with_default = || json!({ "x": { "type": "integer", "default": 0 } });
    vec![
        row(
            "add an optional property",
            plain(),
            object(x(), &[]),
            [YES, YES],
            [NO, YES],
        ),
        row(
            "remove an optional property",
            object(x(), &[]),
            plain(),
            [YES, YES],
            [YES, NO],
        ),
        row(
            "add a required property",
            plain(),
            object(x(), &["x"]),
            [NO, YES],
            [NO, YES],
        ),
        row(
            "remove a required property",
            object(x(), &["x"]),
            plain(),
            [YES, NO],
            [YES, NO],
        ),
        row(
            "require an optional property",
            object(x(), &[]),
            object(x(), &["x"]),
            [NO, YES],
            [NO, YES],
        ),
        row(
            "make a required property optional",
            object(x(), &["x"]),
            object(x(), &[]),
            [YES, NO],
            [YES, NO],
        ),
        row(
            "rename a required property",
            object(x(), &["x"]),
            object(json!({ "y": { "type": "integer" } }), &["y"]),
            [NO, NO],
            [NO, NO],
        ),
        row(
            "closed content: add an optional property",
            closed(plain()),
            closed(object(x(), &[])),
            [YES, NO],
            [YES, NO],
        ),
        row(
            "closed content: remove an optional property",
            closed(object(x(), &[])),
            closed(plain()),
            [NO, YES],
            [NO, YES],
        ),
        row(
            "closed content: add a required property with a default",
            closed(plain()),
            closed(object(with_default(), &["x"])),
            [YES, NO],
            [YES, NO],
        ),
        row(
            "open a closed content",
            closed(plain()),
            plain(),
            [YES, YES],
            [YES, NO],
        ),
        row(
            "close an open content",
            plain(),
            closed(plain()),
            [YES, YES],
            [NO, YES],
        ),
        row(
            "change a default",
            object(with_default(), &[]),
            object(json!({ "x": { "type": "integer", "default": 1 } }), &[]),
            [YES, YES],
            [YES, YES],
        ),
        row(
            "change titles and descriptions",
            json!({ "title": "A", "description": "a", "type": "string" }),
            json!({ "title": "B", "description": "b", "type": "string" }),
            [YES, YES],
            [YES, YES],
        ),
    ]
}

fn scalars() -> Vec<Row> {
    let integer = || json!({ "type": "integer" });
    let string = || json!({ "type": "string" });
    let limited = |key: &str, value: Value| {
        let mut schema = if key.ends_with("Length") || key == "pattern" || key == "format" {
            string()
        } else {
            integer()
        };
        schema[key] = value;
        of(schema)
    };
    let format = |name: &str| of(json!({ "type": "integer", "format": name }));
    vec![
        row(
            "integer to number",
            of(integer()),
            of(json!({ "type": "number" })),
            [YES, NO],
            [YES, NO],
        ),
        row(
            "number to integer",
            of(json!({ "type": "number" })),
            of(integer()),
            [NO, YES],
            [NO, YES],
        ),
        row(
            "integer to string",
            of(integer()),
            of(string()),
            [NO, NO],
            [NO, NO],
        ),
        row(
            "format `int32` to `int64`",
            format("int32"),
            format("int64"),
            [YES, NO],
            [YES, YES],
        ),
        row(
            "format `int64` to `uint64`",
            format("int64"),
            format("uint64"),
            [NO, NO],
            [YES, YES],
        ),
        row(
            "add a format to a string",
            of(string()),
            limited("format", json!("date-time")),
            [NO, YES],
            [YES, YES],
        ),
        row(
            "add a minimum",
            of(integer()),
            limited("minimum", json!(0)),
            [NO, YES],
            [NO, YES],
        ),
        row(
            "raise a maximum",
            limited("maximum", json!(9)),
            limited("maximum", json!(99)),
            [YES, NO],
            [YES, NO],
        ),
        row(
            "reduce `multipleOf` to a factor",
            limited("multipleOf", json!(10)),
            limited("multipleOf", json!(5)),
            [YES, NO],
            [YES, NO],
        ),
        row(
            "shorten `maxLength`",
            limited("maxLength", json!(9)),
            limited("maxLength", json!(5)),
            [NO, YES],
            [NO, YES],
        ),
        row(
            "remove a pattern",
            limited("pattern", json!("^a")),
            of(string()),
            [YES, NO],
            [YES, NO],
        ),
        row(
            "allow null: `Option`",
            of(string()),
            of(json!({ "type": ["string", "null"] })),
            [YES, NO],
            [YES, NO],
        ),
        row(
            "no longer allow null",
            of(json!({ "type": ["string", "null"] })),
            of(string()),
            [NO, YES],
            [NO, YES],
        ),
    ]
}

fn compounds() -> Vec<Row> {
    let values = |values: &[&str]| of(json!({ "enum": values }));
    let variant = |kind: &str| {
        json!({
            "type": "object",
            "properties": { "kind": { "type": "string", "const": kind } },
            "required": ["kind"],
        })
    };
    let variants = |kinds: &[&str]| {
        let all: Vec<Value> = kinds.iter().map(|kind| variant(kind)).collect();
        of(json!({ "oneOf": all }))
    };
    let array = |items: &str| of(json!({ "type": "array", "items": { "type": items } }));
    let map =
        |values: &str| of(json!({ "type": "object", "additionalProperties": { "type": values } }));
    let referred = |ty: &str| {
        let mut schema = of(json!({ "$ref": "#/definitions/Line" }));
        schema["definitions"] =
            json!({ "Line": { "type": "object", "properties": { "price": { "type": ty } } } });
        schema
    };
    let limited = |key: &str, value: Value| {
        of(json!({ "type": "array", "items": { "type": "string" }, key: value }))
    };
    vec![
        row(
            "add a value to an enum",
            values(&["a"]),
            values(&["a", "b"]),
            [YES, NO],
            [YES, NO],
        ),
        row(
            "remove a value of an enum",
            values(&["a", "b"]),
            values(&["a"]),
            [NO, YES],
            [NO, YES],
        ),
        row(
            "add a variant to a tagged enum",
            variants(&["a", "b"]),
            variants(&["a", "b", "c"]),
            [YES, NO],
            [YES, NO],
        ),
        row(
            "remove a variant of a tagged enum",
            variants(&["a", "b", "c"]),
            variants(&["a", "b"]),
            [NO, YES],
            [NO, YES],
        ),
        row(
            "items from integer to number",
            array("integer"),
            array("number"),
            [YES, NO],
            [YES, NO],
        ),
        row(
            "items from integer to string",
            array("integer"),
            array("string"),
            [NO, NO],
            [NO, NO],
        ),
        row(
            "add `minItems`",
            array("string"),
            limited("minItems", json!(1)),
            [NO, YES],
            [NO, YES],
        ),
        row(
            "require unique items",
            array("string"),
            limited("uniqueItems", json!(true)),
            [NO, YES],
            [NO, YES],
        ),
        row(
            "values of a map from integer to number",
            map("integer"),
            map("number"),
            [YES, NO],
            [YES, NO],
        ),
        row(
            "values of a map from integer to string",
            map("integer"),
            map("string"),
            [NO, NO],
            [NO, NO],
        ),
        row(
            "a property of a referenced type from integer to string",
            referred("integer"),
            referred("string"),
            [NO, NO],
            [NO, NO],
        ),
    ]
}

fn word(compatible: bool) -> &'static str {
    if compatible { "compatible" } else { "breaks" }
}

/// Returns the cells of a verdict in the modes backward, forward and full.
pub(super) fn cells([backward, forward]: [bool; 2]) -> String {
    let cells = [backward, forward, backward && forward].map(word);
    cells.join(" | ")
}

#[test]
fn each_row_of_the_table_of_schema_changes_holds() {
    let rows: Vec<Row> = [properties(), scalars(), compounds()]
        .into_iter()
        .flatten()
        .collect();
    assert!(rows.len() >= 20);
    let mut table = "\
| change | backward | forward | full | Confluent: backward | forward | full |
| --- | --- | --- | --- | --- | --- | --- |
"
    .to_owned();
    for row in rows {
        let [backward, forward] = row.own;
        let found = verdicts(&lock(&row.old), &lock(&row.new));
        assert_eq!(
            found,
            [backward, forward, backward && forward],
            "{}",
            row.change
        );
        let (own, confluent) = (cells(row.own), cells(row.confluent));
        writeln!(table, "| {} | {own} | {confluent} |", row.change).unwrap();
    }
    expect_file!["../../../../eventkit/catalog/docs/schema-changes.md"].assert_eq(&table);
}
