//! The JSON Schema of data.

use eventkit::CloudEvent;
use serde_json::{Value, json};

use crate::shop::{self, Line, OrderPlaced, Payment};

fn placed() -> OrderPlaced {
    OrderPlaced {
        order_id: "A-1".to_owned(),
        region: None,
        tenant_name: "acme".to_owned(),
        total_cents: 1250,
        lines: vec![Line {
            article: "tea".to_owned(),
            quantity: 2,
        }],
        coupon: None,
        payment: Payment::Card {
            last_digits: "0042".to_owned(),
        },
        labels: [("gift".to_owned(), "yes".to_owned())].into(),
    }
}

#[test]
fn the_data_of_an_event_is_valid() {
    let catalog = shop::catalog();
    let schema = catalog.json_schema(OrderPlaced::TYPE).unwrap();
    let validator = jsonschema::validator_for(schema).unwrap();
    let event = serde_json::to_value(placed().to_event().unwrap()).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&event["data"])
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    let mut broken = event["data"].clone();
    broken["totalCents"] = json!("much");
    assert!(!validator.is_valid(&broken));
    assert!(!validator.is_valid(&Value::Null));
}

#[test]
fn fields_that_are_attributes_are_not_data() {
    let catalog = shop::catalog();
    let schema = catalog.json_schema(OrderPlaced::TYPE).unwrap();
    let properties: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(
        properties,
        [
            "coupon",
            "labels",
            "lines",
            "payment",
            "tenantName",
            "totalCents"
        ]
    );
    let required = schema["required"].as_array().unwrap();
    assert!(!required.contains(&json!("orderId")) && required.contains(&json!("tenantName")));
    // All of its fields are attributes.
    let declined = catalog.json_schema("co.outcome.order.declined").unwrap();
    assert_eq!(declined["type"], "null");
}

#[test]
fn what_is_written_may_differ_from_what_is_read() {
    let catalog = shop::catalog();
    let schema = catalog
        .event(OrderPlaced::TYPE)
        .unwrap()
        .schema
        .as_ref()
        .unwrap();
    let requires = |schema: &Value| {
        schema["required"]
            .as_array()
            .unwrap()
            .contains(&json!("coupon"))
    };
    assert!(requires(&schema.written) && !requires(&schema.read));
}

#[test]
fn examples_are_valid_events() {
    let catalog = shop::catalog();
    for event in catalog
        .events()
        .iter()
        .filter(|event| event.schema.is_some())
    {
        let example = event.example().unwrap();
        let parsed: eventkit::Event = serde_json::from_value(example.clone()).unwrap();
        assert_eq!(parsed.ty(), event.ty);
        if let Some(data) = example.get("data") {
            let validator =
                jsonschema::validator_for(catalog.json_schema(&event.ty).unwrap()).unwrap();
            assert!(validator.is_valid(data), "{data:#}");
        }
    }
    let example = catalog.event(OrderPlaced::TYPE).unwrap().example().unwrap();
    let event: eventkit::Event = serde_json::from_value(example).unwrap();
    OrderPlaced::try_from(&event).unwrap();
    // `#[schemars(example = ..)]`.
    let paid = catalog
        .event("co.outcome.order.paid")
        .unwrap()
        .example()
        .unwrap();
    assert_eq!(paid["data"]["order_id"], "A-17");
}
