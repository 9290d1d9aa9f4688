//! The exchange of events with fastavro, by the schema of the specification.

use eventkit::event::AttributeValue;
use eventkit_formats::avro::Avro;
use eventkit_tests::message::minimal;
use serde_json::json;

use crate::cases::common;
use crate::exchange::{Case, assert_others_read, assert_ours_read};
use crate::peer::Peer;

fn peer() -> Option<Peer> {
    Peer::find("avro", Some("cloudevents.avsc"))
}

/// Returns the common cases. Extensions of types that Avro writes as strings are strings.
fn cases() -> Vec<Case> {
    let mut cases = common();
    for Case { event, .. } in &mut cases {
        for (name, value) in event.clone().extensions() {
            if !matches!(
                value,
                AttributeValue::Boolean(_) | AttributeValue::Integer(_) | AttributeValue::Binary(_)
            ) {
                event
                    .set_extension(name, value.to_text().into_owned())
                    .unwrap();
            }
        }
    }
    cases
}

/// Returns events whose data is a value of the union, as the library writes those of Python.
fn values() -> Vec<Case> {
    let values = [
        ("true", json!(true)),
        ("double", json!(0.25)),
        ("integer", json!(1250)),
        ("string", json!("[1]")),
        (
            "map",
            json!({"no": null, "flag": false, "n": 1.5, "text": "ä"}),
        ),
    ];
    let case = |(name, value)| Case {
        name,
        event: minimal().data_json(&value).unwrap().build().unwrap(),
        data: json!(["value", value]),
    };
    values.into_iter().map(case).collect()
}

#[test]
fn fastavro_reads_events() {
    if let Some(peer) = peer() {
        assert_others_read(&Avro, &peer, &cases());
    }
}

#[test]
fn events_of_fastavro_are_read() {
    assert_ours_read(&Avro, peer().as_ref(), &cases(), "avro.json");
}

#[test]
fn values_of_fastavro_are_json() {
    assert_ours_read(&Avro, peer().as_ref(), &values(), "avro_values.json");
}
