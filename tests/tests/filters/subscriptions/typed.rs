//! Filters on typed values, which do not encode the data.

use eventkit::filter::Filter;
use eventkit::{AttributeSource, CloudEvent};
use serde::{Deserialize, Serialize, Serializer};

/// A type that cannot be encoded.
#[derive(Debug, Deserialize)]
struct Never;

impl Serialize for Never {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("the data was encoded"))
    }
}

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "placed", source = "/shop", tier = "gold", level = 3)]
struct Placed {
    #[cloudevent(subject)]
    customer: String,
    #[cloudevent(extension)]
    priority: Option<i32>,
    order: Never,
}

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "whole",
    source = "/shop",
    dataschema = "https://example.com/whole"
)]
struct Whole {
    order: Never,
}

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "empty", source = "/shop")]
struct Empty;

#[derive(Debug, CloudEvent)]
enum Any {
    Placed(Placed),
    Whole(Whole),
}

fn placed() -> Placed {
    let (customer, priority, order) = ("eu-7".to_owned(), Some(4), Never);
    Placed {
        customer,
        priority,
        order,
    }
}

#[track_caller]
fn assert_passes(value: &impl CloudEvent, expression: &str) {
    let filter = Filter::sql(expression).unwrap();
    assert!(filter.matches_value(value).unwrap(), "{expression}");
}

#[test]
fn attributes_of_the_type_and_of_fields_are_present() {
    assert!(placed().to_event().is_err());
    assert_passes(
        &placed(),
        "type = 'placed' AND source = '/shop' AND specversion = '1.0'",
    );
    assert_passes(
        &placed(),
        "subject LIKE 'eu-%' AND priority > 3 AND tier = 'gold' AND level = 3",
    );
    assert_passes(
        &placed(),
        "datacontenttype = 'application/json' AND NOT EXISTS dataschema",
    );
    assert_passes(
        &Whole { order: Never },
        "dataschema LIKE 'https:%' AND datacontenttype = 'application/json'",
    );
    assert_passes(&Empty, "type = 'empty'");
}

#[test]
fn a_value_of_an_enum_has_the_attributes_of_its_variant() {
    assert_passes(
        &Any::Placed(placed()),
        "type = 'placed' AND subject = 'eu-7'",
    );
    assert_passes(
        &Any::Whole(Whole { order: Never }),
        "type = 'whole' AND NOT EXISTS subject",
    );
}

#[test]
fn a_generated_id_and_time_are_absent() {
    let attributes = placed().attributes().unwrap();
    assert!(attributes.attribute("id").is_none());
    assert!(attributes.attribute("time").is_none());
}
