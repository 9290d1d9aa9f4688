//! Messages that no client would send are refused or decoded, without a panic.

use bytes::Bytes;
use eventkit_nats::binding::{decode, encode_binary};
use proptest::collection::vec;
use proptest::prelude::*;

/// Generates header names, some of which have a meaning here.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "(ce|CE|Ce)-(specversion|id|source|type|time|subject|datacontenttype|n|N|ä)?",
        "[cC]ontent-[tT]ype",
        "\\PC{0,5}",
    ]
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("1.0".to_owned()),
        Just("application/json".to_owned()),
        "application/cloudevents(-batch)?(\\+json)?(;[a-z=]{0,5})?",
        "\"?[a%\\\\\" é]{0,8}\"?",
    ]
}

proptest! {
    #[test]
    fn any_message_is_refused_or_round_trips(
        headers in vec((name(), value()), 0..8),
        complete in any::<bool>(),
        body in "[\\[\\]{}\":a1 ,]{0,12}",
    ) {
        let mut headers = headers;
        if complete {
            headers.extend(
                super::headers(&[]).iter().map(|(name, value)| (name.to_string(), value.to_string())),
            );
        }
        if let Ok(event) = decode(&headers, Bytes::from(body)) {
            let message = encode_binary(&event).unwrap();
            prop_assert_eq!(decode(&message.headers, message.body).unwrap(), event);
        }
    }
}
