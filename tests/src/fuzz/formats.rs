//! Events and batches in other formats than JSON.

use bytes::Bytes;
use eventkit::format::Format;
use eventkit_formats::avro::Avro;
use eventkit_formats::protobuf::Protobuf;
use eventkit_formats::xml::Xml;

use crate::round_trip::assert_decoded_survives;

/// Checks that any bytes are refused as Avro, or are an event that round-trips in all content modes.
///
/// # Panics
///
/// Panics if an event does not.
pub fn avro_decode(bytes: &[u8]) {
    decode(&Avro, bytes);
}

/// Checks that any bytes are refused as Protobuf, or are an event that round-trips in all content
/// modes.
///
/// # Panics
///
/// Panics if an event does not.
pub fn protobuf_decode(bytes: &[u8]) {
    decode(&Protobuf, bytes);
}

/// Checks that any bytes are refused as XML, or are an event that round-trips in all content modes.
///
/// # Panics
///
/// Panics if an event does not.
pub fn xml_decode(bytes: &[u8]) {
    decode(&Xml, bytes);
}

fn decode(format: &dyn Format, bytes: &[u8]) {
    let bytes = Bytes::copy_from_slice(bytes);
    if let Ok(event) = format.decode(bytes.clone()) {
        assert_decoded_survives(&event);
        // An event that was decoded once is decoded the same again.
        let encoded = format.encode(&event);
        let encoded = encoded.expect("a decoded event should be encodable");
        let again = format.decode(encoded);
        assert_eq!(again.expect("the event should be decodable"), event);
    }
    if let Ok(events) = format.decode_batch(bytes) {
        let encoded = format.encode_batch(&events);
        let encoded = encoded.expect("a decoded batch should be encodable");
        let again = format.decode_batch(encoded);
        assert_eq!(again.expect("the batch should be decodable"), events);
    }
}
