//! Attribute values in headers.

use ::http::HeaderValue;
use bytes::Bytes;
use eventkit::binding::http;

use crate::message::{headers, minimal};

/// Any text that an attribute may hold comes out of a header as it went in, and any header is a
/// value that does, or is refused.
///
/// # Panics
///
/// Where it does not.
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
        let text = event.extension("ext").expect("it was there").to_text();
        assert!(comes_through(&text), "{text:?}");
    }
}

/// Sends a text through a header, unless no attribute may hold it.
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
    assert_eq!(decoded.expect("it is a message"), event);
    true
}
