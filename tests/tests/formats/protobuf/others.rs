//! The exchange of events with the runtime of Protobuf, by the schema of the specification.

use eventkit_formats::protobuf::Protobuf;
use eventkit_tests::message;
use serde_json::json;

use crate::cases::common;
use crate::exchange::{Case, assert_others_read, assert_ours_read};
use crate::peer::Peer;

fn peer() -> Option<Peer> {
    Peer::find("protobuf", Some("cloudevents.proto"))
}

fn cases() -> Vec<Case> {
    let mut cases = common();
    let message = || message::minimal().data_bytes(b"\x0a\x01x");
    cases.push(Case {
        name: "message",
        event: message()
            .data_content_type("application/protobuf")
            .data_schema("https://type.googleapis.com/shop.Order")
            .build()
            .unwrap(),
        data: json!(["message", "type.googleapis.com/shop.Order", "0a0178"]),
    });
    cases.push(Case {
        name: "message with another schema",
        event: message()
            .data_content_type("application/x-protobuf; proto=\"example.com/shop.Order\"")
            .data_schema("urn:s")
            .build()
            .unwrap(),
        data: json!(["message", "example.com/shop.Order", "0a0178"]),
    });
    cases
}

#[test]
fn the_runtime_of_protobuf_reads_events_and_batches() {
    if let Some(peer) = peer() {
        assert_others_read(&Protobuf, &peer, &cases());
    }
}

#[test]
fn events_and_batches_of_the_runtime_of_protobuf_are_read() {
    assert_ours_read(&Protobuf, peer().as_ref(), &cases(), "protobuf.json");
}
