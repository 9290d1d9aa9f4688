//! Comparison of schemas beyond the table.

use serde_json::json;

use super::{lock, problems, verdicts};

#[test]
fn the_path_leads_to_the_change() {
    let schema = |ty: &str| {
        json!({
            "type": "object",
            "properties": { "lines": { "type": "array", "items": { "$ref": "#/definitions/Line" } } },
            "definitions": {
                "Line": {
                    "type": "object",
                    "properties": { "prices": { "type": "object", "additionalProperties": { "type": ty } } },
                },
            },
        })
    };
    assert_eq!(
        problems(&schema("integer"), &schema("string")),
        [
            "backward data.lines[].prices.*: readers expect the type string, but get integer",
            "forward data.lines[].prices.*: readers expect the type integer, but get string",
        ]
    );
}

#[test]
fn recursive_types_are_compared() {
    let tree = |ty: &str| {
        json!({
            "$ref": "#/definitions/Tree",
            "definitions": {
                "Tree": {
                    "type": "object",
                    "properties": {
                        "value": { "type": ty },
                        "children": { "type": "array", "items": { "$ref": "#/definitions/Tree" } },
                    },
                    "required": ["value", "children"],
                },
            },
        })
    };
    assert_eq!(
        verdicts(&lock(&tree("integer")), &lock(&tree("integer"))),
        [true; 3]
    );
    assert_eq!(
        verdicts(&lock(&tree("integer")), &lock(&tree("number"))),
        [true, false, false]
    );
    let itself =
        json!({ "$ref": "#/definitions/A", "definitions": { "A": { "$ref": "#/definitions/A" } } });
    assert_eq!(verdicts(&lock(&itself), &lock(&itself)), [true; 3]);
}

#[test]
fn a_renamed_property_is_recognized() {
    let schema = |name: &str| json!({ "type": "object", "properties": { name: { "type": "string" } }, "required": [name] });
    assert_eq!(
        problems(&schema("customer"), &schema("buyer")),
        [
            "backward data.buyer: readers require the property, which senders write as `customer`",
            "forward data.customer: readers require the property, which senders write as `buyer`",
        ]
    );
}

#[test]
fn a_change_within_a_variant_has_its_path() {
    let schema = |ty: &str| {
        let card = json!({
            "type": "object",
            "properties": { "kind": { "const": "card" }, "digits": { "type": ty } },
            "required": ["kind", "digits"],
        });
        let invoice = json!({
            "type": "object", "properties": { "kind": { "const": "invoice" } }, "required": ["kind"],
        });
        json!({ "oneOf": [invoice, card] })
    };
    assert_eq!(
        problems(&schema("string"), &schema("integer"))[0],
        "backward data.digits: readers expect the type integer, but get string"
    );
}

#[test]
fn unions_within_all_of_are_multiplied() {
    let base = json!({ "type": "object", "properties": { "id": { "type": "string" } }, "required": ["id"] });
    let tagged = |kinds: &[&str]| {
        let variants: Vec<_> = kinds
            .iter()
            .map(|kind| json!({ "type": "object", "properties": { "kind": { "const": kind } }, "required": ["kind"] }))
            .collect();
        json!({ "allOf": [base, { "oneOf": variants }] })
    };
    assert_eq!(
        verdicts(&lock(&tagged(&["a"])), &lock(&tagged(&["a", "b"]))),
        [true, false, false]
    );
    assert_eq!(
        verdicts(&lock(&tagged(&["a", "b"])), &lock(&tagged(&["a", "b"]))),
        [true; 3]
    );
}

#[test]
fn tuples_are_compared_by_position() {
    let tuple = |items: &[&str]| {
        let types: Vec<_> = items.iter().map(|ty| json!({ "type": ty })).collect();
        json!({ "type": "array", "items": types, "minItems": items.len(), "maxItems": items.len() })
    };
    assert_eq!(
        verdicts(
            &lock(&tuple(&["integer", "string"])),
            &lock(&tuple(&["number", "string"]))
        ),
        [true, false, false]
    );
    assert_eq!(
        verdicts(
            &lock(&tuple(&["integer"])),
            &lock(&tuple(&["integer", "string"]))
        ),
        [false; 3]
    );
}

#[test]
fn a_map_that_becomes_a_struct_is_compared_value_by_value() {
    let map = json!({ "type": "object", "additionalProperties": { "type": "integer" } });
    let structure = |ty: &str| json!({ "type": "object", "properties": { "a": { "type": ty } } });
    assert_eq!(
        verdicts(&lock(&map), &lock(&structure("integer"))),
        [true; 3]
    );
    assert_eq!(
        verdicts(&lock(&map), &lock(&structure("string"))),
        [false; 3]
    );
    let open = json!({ "type": "object", "additionalProperties": true });
    assert_eq!(
        verdicts(&lock(&open), &lock(&structure("integer"))),
        [false, true, false]
    );
}

#[test]
fn what_cannot_be_compared_must_stay_equal() {
    let not = |ty: &str| json!({ "type": "object", "properties": {}, "not": { "required": [ty] } });
    assert_eq!(verdicts(&lock(&not("a")), &lock(&not("a"))), [true; 3]);
    assert_eq!(
        problems(&not("a"), &not("b"))[0],
        "backward data: `not` differs, which cannot be compared"
    );
}

#[test]
fn schemas_that_multiply_are_refused_in_bounded_time() {
    let choice = |at: usize| {
        let all: Vec<_> = (0..4)
            .map(|value| json!({ "type": "object", "properties": { format!("p{at}"): { "const": value } } }))
            .collect();
        json!({ "oneOf": all })
    };
    let all = |count| json!({ "allOf": (0..count).map(choice).collect::<Vec<_>>() });
    assert!(problems(&all(12), &all(13))[0].ends_with("too complex to be compared"));
    let deep = |count| {
        (0..count).fold(
            json!({ "type": "string" }),
            |deep, _| json!({ "type": "array", "items": deep }),
        )
    };
    assert!(problems(&deep(100), &deep(101))[0].ends_with("too complex to be compared"));
    // What did not change is not compared.
    assert_eq!(verdicts(&lock(&all(12)), &lock(&all(12))), [true; 3]);
}

#[test]
fn enums_may_have_many_variants() {
    let variants = |count: usize| {
        let variant = |at| {
            json!({
                "type": "object",
                "properties": {
                    "kind": { "const": format!("v{at}") },
                    "a": { "type": "string" }, "b": { "type": "string" }, "c": { "type": "string" },
                    "d": { "type": "string" }, "e": { "type": "string" },
                },
                "required": ["kind"],
            })
        };
        json!({ "oneOf": (0..count).map(variant).collect::<Vec<_>>() })
    };
    assert_eq!(
        verdicts(&lock(&variants(400)), &lock(&variants(401))),
        [true, false, false]
    );
    let documented = |count: usize| {
        let values = (0..count).map(|at| json!({ "const": format!("v{at}"), "title": "x" }));
        json!({ "oneOf": values.collect::<Vec<_>>() })
    };
    assert_eq!(
        verdicts(&lock(&documented(1000)), &lock(&documented(1001))),
        [true, false, false]
    );
}

#[test]
fn keywords_that_must_stay_equal_refer_to_equal_definitions() {
    let schema = |ty: &str| {
        json!({
            "type": "object",
            "propertyNames": { "$ref": "#/definitions/Name" },
            "definitions": {
                "Name": { "allOf": [{ "$ref": "#/definitions/Inner" }] },
                "Inner": { "type": ty },
            },
        })
    };
    assert_eq!(
        problems(&schema("string"), &schema("integer"))[0],
        "backward data: `propertyNames` differs, which cannot be compared"
    );
}

#[test]
fn a_value_is_not_taken_for_one_that_a_keyword_may_refuse() {
    let value = json!({ "enum": ["a"] });
    let number = json!({ "enum": [3] });
    for (old, new) in [
        (&value, json!({ "type": "string", "not": { "const": "a" } })),
        (
            &value,
            json!({ "type": "string", "contentEncoding": "base64" }),
        ),
        (&number, json!({ "type": "integer", "multipleOf": 2 })),
    ] {
        assert_eq!(verdicts(&lock(old), &lock(&new)), [false; 3], "{new}");
    }
}
