//! Derived events whose data is a Protobuf message.

use eventkit::binding::http;
use eventkit::format::{Format, Json};
use eventkit::{CloudEvent, DecodeErrorKind, Registry};
use eventkit_formats::protobuf::{ProtoData, Protobuf};
use eventkit_tests::refusal::assert_refused;
use prost::Message;
use serde::{Deserialize, Serialize};

use super::messages::{Any, Data};
use super::{minimal, ours, theirs};

#[derive(Clone, PartialEq, Message)]
struct Order {
    #[prost(string, tag = "1")]
    order_id: String,
    #[prost(uint64, tag = "2")]
    total_cents: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "co.outcome.order.placed",
    source = "/shop",
    datacontenttype = "application/protobuf",
    dataschema = "https://type.googleapis.com/shop.Order"
)]
struct OrderPlaced(ProtoData<Order>);

fn placed() -> OrderPlaced {
    OrderPlaced(ProtoData(Order {
        order_id: "A-1".into(),
        total_cents: 1250,
    }))
}

#[test]
fn a_typed_message_is_proto_data() {
    let event = placed().to_event().unwrap();
    let any = Any {
        type_url: "type.googleapis.com/shop.Order".into(),
        value: placed().0.0.encode_to_vec(),
    };
    assert_eq!(theirs(&event).data, Some(Data::Message(any)));
}

#[test]
fn proto_data_of_others_reaches_a_typed_handler() {
    let mut message = minimal().with_data(Data::Message(Any {
        type_url: "type.googleapis.com/shop.Order".into(),
        value: placed().0.0.encode_to_vec(),
    }));
    message.r#type = OrderPlaced::TYPE.into();
    let event = ours(&message).unwrap();
    let registry = Registry::new("protobuf");
    registry.register_typed(|order: &OrderPlaced| assert_eq!(*order, placed()));
    let report = registry.dispatch(&event).unwrap();
    assert_eq!((report.len(), report.failures().count()), (1, 0));
    assert_eq!(event.data_as::<ProtoData<Order>>().unwrap(), placed().0);
}

#[test]
fn a_typed_message_passes_every_mode() {
    let event = placed().to_event().unwrap();
    let binary = http::encode_binary(&event).unwrap();
    assert_eq!(binary.headers["content-type"], "application/protobuf");
    for read in [
        http::decode(&binary.headers, binary.body).unwrap(),
        Json.decode(Json.encode(&event).unwrap()).unwrap(),
        Protobuf.decode(Protobuf.encode(&event).unwrap()).unwrap(),
    ] {
        assert_eq!(OrderPlaced::try_from(&read).unwrap(), placed());
    }
}

#[test]
fn bytes_that_are_no_message_are_refused() {
    let event = placed().to_event().unwrap().to_builder();
    let event = event.data_bytes(b"\xff").build().unwrap();
    assert_refused(event.data_as::<ProtoData<Order>>(), DecodeErrorKind::Data);
}
