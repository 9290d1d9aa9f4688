//! The constants of derived types.

use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "co.outcome.all",
    source = "https://shop.example.com/orders",
    subject = "everything",
    datacontenttype = "application/vnd.outcome+json",
    dataschema = "https://example.com/all.json"
)]
#[cloudevent(partitionkey = "p", priority = 7, offset = -2147483648, urgent = true)]
struct All {
    n: u8,
}

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.little")]
struct Little {
    n: u8,
}

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "co.outcome.slips",
    source = "/s",
    extension(typ = "a", sourc = 1),
    ttl = ""
)]
struct Slips {
    n: u8,
}

mod inner {
    use super::{CloudEvent, Deserialize, Serialize};

    #[derive(Serialize, Deserialize, CloudEvent)]
    #[cloudevent(type = "co.outcome.visible", source = "/s")]
    pub(super) struct Visible(pub(super) u8);
}

#[test]
fn every_attribute_of_the_type_is_a_constant() {
    assert_eq!(All::TYPE, "co.outcome.all");
    assert_eq!(All::SOURCE, Some("https://shop.example.com/orders"));
    assert_eq!(All::DATA_CONTENT_TYPE, "application/vnd.outcome+json");
    assert_eq!(All::DATA_SCHEMA, Some("https://example.com/all.json"));
    assert_eq!(All::TYPES, ["co.outcome.all"]);
}

#[test]
fn absent_attributes_have_default_constants() {
    assert_eq!(Little::SOURCE, None);
    assert_eq!(Little::DATA_CONTENT_TYPE, "application/json");
    assert_eq!(Little::DATA_SCHEMA, None);
}

#[test]
fn constants_can_be_used_in_constants_and_patterns() {
    const TYPE: &str = All::TYPE;

    assert!(matches!(TYPE, All::TYPE));
}

#[test]
fn constants_have_the_visibility_of_the_type() {
    assert_eq!(inner::Visible::TYPE, "co.outcome.visible");
    assert_eq!(inner::Visible(1).event_type(), "co.outcome.visible");
}

#[test]
fn every_attribute_of_the_type_is_set_on_the_event() {
    let event = All { n: 1 }.to_event().unwrap();

    assert_eq!(event.ty(), All::TYPE);
    assert_eq!(event.source(), "https://shop.example.com/orders");
    assert_eq!(event.subject(), Some("everything"));
    assert_eq!(
        event.data_content_type(),
        Some("application/vnd.outcome+json")
    );
    assert_eq!(event.data_schema(), All::DATA_SCHEMA);
    assert_eq!(event.extension_as::<String>("partitionkey").unwrap(), "p");
    assert_eq!(event.extension_as::<i32>("priority").unwrap(), 7);
    assert_eq!(event.extension_as::<i32>("offset").unwrap(), i32::MIN);
    assert!(event.extension_as::<bool>("urgent").unwrap());
    assert_eq!(event.extensions().len(), 4);
}

#[test]
fn a_builder_overrides_attributes_of_the_type() {
    let builder = All { n: 1 }.event_builder().unwrap();
    let event = builder
        .source("/other")
        .subject("s")
        .extension("priority", 8)
        .build()
        .unwrap();

    assert_eq!(event.source(), "/other");
    assert_eq!(event.subject(), Some("s"));
    assert_eq!(event.extension_as::<i32>("priority").unwrap(), 8);
}

#[test]
fn extensions_that_resemble_keys_can_be_declared() {
    let event = Slips { n: 1 }.to_event().unwrap();

    assert_eq!(event.extension_as::<String>("typ").unwrap(), "a");
    assert_eq!(event.extension_as::<i32>("sourc").unwrap(), 1);
    assert_eq!(event.extension_as::<String>("ttl").unwrap(), "");
}

#[test]
fn the_error_without_a_source_says_what_is_missing() {
    let error = Little { n: 1 }.to_event().unwrap_err();
    let expected = "not a valid event: attribute `source` is missing, \
                    expected a value: the attribute is required (core, REQUIRED Attributes); \
                    an event type sets it with `#[cloudevent(source = \"..\")]`, \
                    or with `#[cloudevent(source)]` on a field";
    assert_eq!(error.to_string(), expected);

    let builder = Little { n: 1 }.event_builder().unwrap();
    assert_eq!(builder.source("/here").build().unwrap().source(), "/here");
}

#[test]
fn id_and_time_are_generated_unless_fields_set_them() {
    let (first, second) = (
        All { n: 1 }.to_event().unwrap(),
        All { n: 1 }.to_event().unwrap(),
    );

    assert_ne!(first.id(), second.id());
    assert!(first.time().is_some());
}
