//! What a catalog contains.

use eventkit::{CloudEvent, Event, Registry};
use eventkit_catalog::{AttributeValue, Catalog, CatalogError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::shop::{self, OrderPaid, ParcelSent};

#[test]
fn events_come_from_types_handlers_and_emissions() {
    let catalog = shop::catalog();
    let types: Vec<&str> = catalog
        .events()
        .iter()
        .map(|event| event.ty.as_str())
        .collect();
    assert_eq!(
        types,
        [
            "co.outcome.order.declined",
            "co.outcome.order.paid",
            "co.outcome.order.placed",
            "co.outcome.parcel.sent"
        ]
    );
    let without: Vec<&str> = catalog
        .without_schema()
        .map(|event| event.ty.as_str())
        .collect();
    assert_eq!(without, ["co.outcome.parcel.sent"]);
    // It is only emitted, and its attributes are still known.
    let sent = catalog.event(ParcelSent::TYPE).unwrap();
    assert_eq!(sent.source(), Some("/shop/parcels"));
    assert_eq!(sent.data_content_type, Some("application/json"));
}

#[test]
fn attributes_come_from_literals_and_fields() {
    let catalog = shop::catalog();
    let placed = catalog.event("co.outcome.order.placed").unwrap();
    let names: Vec<&str> = placed
        .attributes
        .iter()
        .map(|attribute| attribute.name)
        .collect();
    assert_eq!(names, ["priority", "region", "source", "subject", "tenant"]);
    assert_eq!(
        placed.attribute("priority"),
        Some(&AttributeValue::Fixed(json!(7)))
    );
    let field = |name| match placed.attribute(name) {
        Some(AttributeValue::Field { schema, required }) => (schema["type"].clone(), *required),
        other => panic!("{other:?}"),
    };
    assert_eq!(field("subject"), (json!("string"), true));
    assert_eq!(field("region"), (json!("string"), false));
    assert_eq!(field("tenant"), (json!("string"), true));
    let paid = catalog.event(OrderPaid::TYPE).unwrap();
    assert_eq!(paid.data_schema, Some("https://schemas.example.com/paid/1"));
}

#[test]
fn handlers_have_their_options() {
    let catalog = shop::catalog();
    let charge = catalog
        .handlers()
        .iter()
        .find(|handler| handler.short_name() == "charge-card")
        .unwrap();
    assert_eq!(charge.registry, "shop");
    assert!(charge.is_async);
    assert_eq!(
        charge.emits,
        ["co.outcome.order.paid", "co.outcome.order.declined"]
    );
    assert_eq!(charge.policy.settings().attempts, Some(5));
    assert!(charge.takes.unwrap().ends_with("OrderPlaced"));
    let audit = catalog
        .handlers()
        .iter()
        .find(|handler| handler.short_name() == "audit")
        .unwrap();
    assert_eq!((audit.order, audit.takes), (10, None));
    assert_eq!(audit.filter.as_deref(), Some("region = 'eu'"));
    assert_eq!(audit.patterns, ["co.outcome.order.*"]);
    let handled: Vec<&str> = audit.handled_types().collect();
    assert_eq!(
        handled,
        [
            "co.outcome.order.declined",
            "co.outcome.order.paid",
            "co.outcome.order.placed"
        ]
    );
    let pack = catalog
        .handlers()
        .iter()
        .find(|handler| handler.short_name() == "pack")
        .unwrap();
    assert_eq!(pack.emits, [ParcelSent::TYPE]);
}

#[test]
fn closures_and_patterns_without_events_are_listed() {
    static LOOSE: Registry = Registry::new("loose");
    LOOSE.register("com.example.*", |_: &Event| {});
    let catalog = Catalog::of(&LOOSE).build().unwrap();
    assert_eq!(catalog.events().len(), 0);
    assert_eq!(
        catalog.handlers()[0].short_name(),
        "closures_and_patterns_without_events_are_listed"
    );
    assert!(catalog.page().contains("com.<wbr>example.<wbr>*"));
}

#[derive(Serialize, Deserialize, JsonSchema, CloudEvent)]
#[cloudevent(
    type = "co.outcome.order.paid",
    source = "/shop/payments",
    dataschema = "https://schemas.example.com/paid/1"
)]
struct OtherPaid {
    amount: u64,
}

#[test]
fn two_definitions_of_a_type_are_an_error() {
    let builder = || Catalog::builder("Shop", "1").events::<OrderPaid>();
    // The same type may be added twice.
    assert_eq!(
        builder()
            .events::<shop::OrderEvent>()
            .build()
            .unwrap()
            .events()
            .len(),
        3
    );
    let error = builder().events::<OtherPaid>().build().unwrap_err();
    assert!(matches!(error, CatalogError::Conflict { .. }));
    assert_eq!(
        error.to_string(),
        "the event type \"co.outcome.order.paid\" has two definitions that differ in the schema of their \
         data: `catalog::shop::OrderPaid` and `catalog::contents::OtherPaid`"
    );
}

#[derive(Serialize, Deserialize, JsonSchema, CloudEvent)]
#[cloudevent(type = "co.outcome.wrapped", source = "/shop")]
struct Wrapped<T: Send + Sync + 'static> {
    value: T,
}

#[test]
fn generic_types_have_schemas() {
    let catalog = Catalog::builder("Shop", "1")
        .events::<Wrapped<u8>>()
        .build()
        .unwrap();
    let schema = catalog.json_schema("co.outcome.wrapped").unwrap();
    assert_eq!(schema["properties"]["value"]["format"], "uint8");
}
