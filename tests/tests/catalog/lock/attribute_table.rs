//! The table of attribute changes in the documentation: each row is checked.

use std::fmt::Write;

use expect_test::expect_file;
use serde_json::{Value, json};

use super::table::{NO, YES, cells};
use super::{of_contract, verdicts};

/// Returns a contract with attributes.
fn attributes(attributes: Value) -> Value {
    json!({ "attributes": attributes, "datacontenttype": "application/json", "data": { "type": "null" } })
}

#[test]
#[expect(clippy::too_many_lines, reason = "the rows are read as one table")]
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
        writeln!(table, "| {change} | {} |", cells(own)).unwrap();
    }
    let nothing = r#"{ "version": 1, "events": {} }"#.parse().unwrap();
    assert_eq!(verdicts(&of_contract(&plain()), &nothing), [NO, NO, NO]);
    assert_eq!(verdicts(&nothing, &of_contract(&plain())), [YES, YES, YES]);
    let (no, yes) = (cells([NO, NO]), cells([YES, YES]));
    writeln!(table, "| remove or rename the event type | {no} |").unwrap();
    writeln!(table, "| add an event type | {yes} |").unwrap();
    expect_file!["../../../../eventkit/catalog/docs/attribute-changes.md"].assert_eq(&table);
}
