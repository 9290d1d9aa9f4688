//! AsyncAPI documents, checked by the parser of AsyncAPI.

use eventkit_catalog::{Catalog, Server};
use eventkit_tests::asyncapi::parse;
use serde::Deserialize;
use serde_json::Value;

use crate::{hostile, shop};

#[derive(Debug, Deserialize)]
struct Parsed {
    version: Option<String>,
    errors: Vec<String>,
    operations: Vec<Operation>,
}

#[derive(Debug, Deserialize)]
struct Operation {
    action: String,
    channels: Vec<String>,
    messages: Vec<Message>,
}

#[derive(Debug, Deserialize)]
struct Message {
    name: String,
    payload: Option<Value>,
    headers: Value,
}

/// Parses a document, or returns `None` where the tests are turned off.
fn parsed(document: &str) -> Option<Parsed> {
    let parsed: Parsed = serde_json::from_slice(&parse(document)?).unwrap();
    assert_eq!(parsed.errors, Vec::<String>::new());
    assert_eq!(parsed.version.as_deref(), Some("3.1.0"));
    Some(parsed)
}

#[test]
fn the_document_is_valid_as_json_and_yaml() {
    let catalog = shop::catalog();
    for document in [catalog.asyncapi_json(), catalog.asyncapi_yaml()] {
        let Some(parsed) = parsed(&document) else {
            return;
        };
        let said = |action: &str| {
            let operations = parsed
                .operations
                .iter()
                .filter(|operation| operation.action == action);
            let mut channels: Vec<&str> = operations
                .flat_map(|operation| &operation.channels)
                .map(String::as_str)
                .collect();
            channels.sort_unstable();
            channels
        };
        assert_eq!(
            said("receive"),
            [
                "co.outcome.order.declined",
                "co.outcome.order.declined",
                "co.outcome.order.paid",
                "co.outcome.order.paid",
                "co.outcome.order.placed",
                "co.outcome.order.placed",
            ]
        );
        assert_eq!(
            said("send"),
            [
                "co.outcome.order.declined",
                "co.outcome.order.paid",
                "co.outcome.parcel.sent"
            ]
        );
    }
}

#[test]
fn messages_have_a_payload_and_the_attributes_of_cloudevents() {
    let Some(parsed) = parsed(&shop::catalog().asyncapi_json()) else {
        return;
    };
    let mut messages = parsed
        .operations
        .iter()
        .flat_map(|operation| &operation.messages);
    let placed = messages
        .find(|message| message.name == "co.outcome.order.placed")
        .unwrap();
    let payload = placed.payload.as_ref().unwrap();
    // References are resolved.
    assert_eq!(
        payload["properties"]["lines"]["items"]["properties"]["quantity"]["format"],
        "uint32"
    );
    let headers = &placed.headers["properties"];
    // From the trait, and from the message.
    assert_eq!(headers["specversion"]["const"], "1.0");
    assert_eq!(headers["type"]["const"], "co.outcome.order.placed");
    assert_eq!(headers["source"]["const"], "/shop/orders");
    assert_eq!(headers["priority"]["const"], 7);
}

#[test]
fn an_invalid_document_is_noticed() {
    let Some(output) = parse(r#"{"asyncapi":"3.1.0","info":{"title":"Shop"}}"#) else {
        return;
    };
    let parsed: Parsed = serde_json::from_slice(&output).unwrap();
    assert!(!parsed.errors.is_empty());
}

#[test]
fn names_with_any_characters_are_valid() {
    let _ = parsed(&hostile::catalog().asyncapi_json());
    let _ = parsed(&hostile::catalog().asyncapi_yaml());
}

#[test]
fn an_empty_catalog_is_valid() {
    let catalog = Catalog::builder("Nothing", "0").build().unwrap();
    let _ = parsed(&catalog.asyncapi_json());
}

#[test]
fn documents_do_not_differ_between_runs() {
    let (first, second) = (shop::catalog(), shop::catalog());
    assert_eq!(first.asyncapi_json(), second.asyncapi_json());
    assert_eq!(first.page(), second.page());
    assert_eq!(first.svg(), second.svg());
}

#[test]
fn servers_of_similar_names_are_kept_apart() {
    let catalog = Catalog::builder("Shop", "1.0.0")
        .server(Server::new("a b", "one.example.com", "nats"))
        .server(Server::new("a/b", "two.example.com", "nats"))
        .build()
        .unwrap();
    let document = catalog.asyncapi();
    assert_eq!(document["servers"]["a_b"]["host"], "one.example.com");
    assert_eq!(document["servers"]["a_b-2"]["host"], "two.example.com");
}
