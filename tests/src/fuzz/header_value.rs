//! Attribute values in headers.

use ::http::HeaderValue;
use bytes::Bytes;
use eventkit::binding::http;

use crate::message::{headers, minimal};

/// Checks that attribute text round-trips through a header, and that any header is refused or a
/// value that round-trips.
///
/// # Panics
///
/// Panics if it does not.
pub fn header_value(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        comes_through(text);
    }
    let Ok(value) = HeaderValue::from_bytes(bytes) else {
        return;
    };
    let mut headers = headers(&[]);
    headers.insert("ce-ext", value);
    if let Ok(event) = http::decode(&headers, Bytes::new()) {
        let text = event
            .extension("ext")
            .expect("the extension should be present")
            .to_text();
        assert!(comes_through(&text), "{text:?}");
    }
}

/// Sends a text through a header, unless attributes cannot contain it.
fn comes_through(text: &str) -> bool {
    let Ok(event) = minimal().extension("ext", text).build() else {
        return false;
    };
    let Ok(message) = http::encode_binary(&event) else {
        panic!("{text:?} does not fit into a header");
    };
    let value = message.headers["ce-ext"].as_bytes();
    assert!(value.iter().all(|byte| (0x21..=0x7e).contains(byte)));
    let decoded = http::decode(&message.headers, message.body);
    assert_eq!(decoded.expect("the message should be valid"), event);
    true
}
