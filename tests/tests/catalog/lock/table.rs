//! The tables of changes in the documentation: each row is checked.

use expect_test::expect_file;
use serde_json::{Value, json};

use super::{lock, of_contract, verdicts};

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

const YES: bool = true;
const NO: bool = false;

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
fn cells([backward, forward]: [bool; 2]) -> String {
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
        table.push_str(&format!(
            "| {} | {} | {} |\n",
            row.change,
            cells(row.own),
            cells(row.confluent)
        ));
    }
    expect_file!["../../../../eventkit/catalog/docs/schema-changes.md"].assert_eq(&table);
}

/// Returns a contract with attributes.
fn attributes(attributes: Value) -> Value {
    json!({ "attributes": attributes, "datacontenttype": "application/json", "data": { "type": "null" } })
}

#[test]
fn each_row_of_the_table_of_attribute_changes_holds() {
    let text = || json!({ "type": "string" });
    let plain = || attributes(json!({ "source": { "fixed": "/a" } }));
    let extension =
        |value: Value| attributes(json!({ "source": { "fixed": "/a" }, "region": value }));
    let other_media_type = || {
        let mut contract = plain();
        contract["datacontenttype"] = json!("application/cbor");
        contract
    };
    let other_schema = || {
        let mut contract = plain();
        contract["dataschema"] = json!("https://schemas.example.com/2");
        contract
    };
    let rows = [
        (
            "change the media type of the data",
            plain(),
            other_media_type(),
            [NO, NO],
        ),
        ("change `dataschema`", plain(), other_schema(), [YES, YES]),
        (
            "change a fixed source",
            plain(),
            attributes(json!({ "source": { "fixed": "/b" } })),
            [YES, NO],
        ),
        (
            "set the source with a field",
            plain(),
            attributes(json!({ "source": { "required": text() } })),
            [YES, NO],
        ),
        (
            "set the source with a field, which was set by the program",
            attributes(json!({})),
            attributes(json!({ "source": { "required": text() } })),
            [YES, YES],
        ),
        (
            "set an extension of a fixed text with a field of type integer",
            extension(json!({ "fixed": "eu" })),
            extension(json!({ "required": { "type": "integer" } })),
            [NO, NO],
        ),
        (
            "add an optional extension",
            plain(),
            extension(json!({ "optional": text() })),
            [YES, YES],
        ),
        (
            "add a required extension",
            plain(),
            extension(json!({ "required": text() })),
            [NO, YES],
        ),
        (
            "add an extension with a fixed value",
            plain(),
            extension(json!({ "fixed": "eu" })),
            [YES, YES],
        ),
        (
            "remove an optional extension",
            extension(json!({ "optional": text() })),
            plain(),
            [YES, YES],
        ),
        (
            "remove a required extension",
            extension(json!({ "required": text() })),
            plain(),
            [YES, NO],
        ),
        (
            "change the value of a fixed extension",
            extension(json!({ "fixed": "eu" })),
            extension(json!({ "fixed": "us" })),
            [YES, NO],
        ),
        (
            "make a required extension optional",
            extension(json!({ "required": text() })),
            extension(json!({ "optional": text() })),
            [YES, NO],
        ),
        (
            "change the type of an extension from string to integer",
            extension(json!({ "required": text() })),
            extension(json!({ "required": { "type": "integer" } })),
            [NO, NO],
        ),
    ];
    let mut table =
        "| change | backward | forward | full |\n| --- | --- | --- | --- |\n".to_owned();
    for (change, old, new, own) in rows {
        let [backward, forward] = own;
        let found = verdicts(&of_contract(&old), &of_contract(&new));
        assert_eq!(found, [backward, forward, backward && forward], "{change}");
        table.push_str(&format!("| {change} | {} |\n", cells(own)));
    }
    let nothing = r#"{ "version": 1, "events": {} }"#.parse().unwrap();
    assert_eq!(verdicts(&of_contract(&plain()), &nothing), [NO, NO, NO]);
    assert_eq!(verdicts(&nothing, &of_contract(&plain())), [YES, YES, YES]);
    table.push_str(&format!(
        "| remove or rename the event type | {} |\n",
        cells([NO, NO])
    ));
    table.push_str(&format!("| add an event type | {} |\n", cells([YES, YES])));
    expect_file!["../../../../eventkit/catalog/docs/attribute-changes.md"].assert_eq(&table);
}
