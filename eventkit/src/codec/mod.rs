//! Data codecs: payload bytes to and from typed values, found by media type.
//!
//! JSON (`*/json`, `*+json`), text (`text/*` in UTF-8) and bytes (`application/octet-stream`) are
//! built in. A program adds its own with [`register`]; from then on derived types with that
//! `datacontenttype` encode with it, and events that arrive with it decode into typed handlers.
//!
//! A derived type whose `datacontenttype` is JSON also takes data of another media type: its codec is
//! asked for whatever the bytes say, and the type is read from that as from JSON. So the format has to
//! describe itself, and what is written otherwise than in JSON is refused: a UUID as its bytes, a number
//! as text, a number that is not finite. A type that declares the media type of the codec has neither
//! limit, and neither has [`Event::data_as`](crate::Event::data_as).
//!
//! ```
//! use eventkit::codec::{Codec, Decoded, ErasedDeserializer, ErasedSerialize};
//! use eventkit::{BoxError, CloudEvent, Event};
//! use serde::{Deserialize, Serialize};
//!
//! /// One value as JSON, its bytes in hexadecimal.
//! struct Hex;
//!
//! impl Codec for Hex {
//!     fn media_type(&self) -> &str {
//!         "application/vnd.hex"
//!     }
//!
//!     fn encode(&self, value: &dyn ErasedSerialize) -> Result<Vec<u8>, BoxError> {
//!         let json = serde_json::to_vec(value)?;
//!         Ok(json.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect())
//!     }
//!
//!     fn decode(&self, bytes: &[u8], decoded: &mut dyn Decoded) -> Result<(), BoxError> {
//!         let digits = std::str::from_utf8(bytes)?;
//!         let json = (0..digits.len() / 2)
//!             .map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16))
//!             .collect::<Result<Vec<u8>, _>>()?;
//!         let mut json = serde_json::Deserializer::from_slice(&json);
//!         decoded.read(&mut <dyn ErasedDeserializer>::erase(&mut json))
//!     }
//! }
//!
//! #[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
//! #[cloudevent(type = "co.outcome.beat", source = "/clock", datacontenttype = "application/vnd.hex")]
//! struct Beat { count: u8 }
//!
//! eventkit::codec::register(Hex)?;
//! let event = Beat { count: 7 }.to_event()?;
//! assert_eq!(event.data().unwrap().as_bytes(), b"7b22636f756e74223a377d");
//! assert_eq!(Beat::try_from(&event)?, Beat { count: 7 });
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod as_json;
mod plain;
mod plain_bytes;
mod read;
mod registry;

use bytes::Bytes;
pub use erased_serde::{Deserializer as ErasedDeserializer, Serialize as ErasedSerialize};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::value::UnitDeserializer;

pub use read::{DataPlace, ReadData};
pub(crate) use registry::key_of;
pub use registry::{RegisterError, register};

use crate::error::{BoxError, DecodeError, EncodeError};
use crate::event::{Data, DataKind, MediaType, declares_json, scratch};

/// Turns typed payloads into bytes and back, for one media type.
pub trait Codec: Send + Sync + 'static {
    /// Returns the media type it is for, without parameters, such as `application/cbor`; or a
    /// suffix such as `+cbor` for every type that ends with it.
    fn media_type(&self) -> &str;

    /// Encodes a value.
    ///
    /// # Errors
    ///
    /// Where the value has no form in this media type.
    fn encode(&self, value: &dyn ErasedSerialize) -> Result<Vec<u8>, BoxError>;

    /// Decodes a value: makes a deserializer for the bytes and hands it to `decoded`, once.
    ///
    /// For a type that declares JSON it is asked for any value, so it has to describe itself: see the
    /// [module](self).
    ///
    /// # Errors
    ///
    /// Where the bytes are malformed, or `decoded` returns an error.
    fn decode(&self, bytes: &[u8], decoded: &mut dyn Decoded) -> Result<(), BoxError>;
}

/// Takes the deserializer that a [`Codec`] makes, and reads the typed value from it.
pub trait Decoded {
    /// Reads the value.
    ///
    /// # Errors
    ///
    /// Where the input is not such a value; a codec returns the error as it is.
    fn read(&mut self, deserializer: &mut dyn ErasedDeserializer<'_>) -> Result<(), BoxError>;
}

struct Slot<T>(Option<T>);

impl<T: DeserializeOwned> Decoded for Slot<T> {
    fn read(&mut self, deserializer: &mut dyn ErasedDeserializer<'_>) -> Result<(), BoxError> {
        self.0 = Some(erased_serde::deserialize(deserializer)?);
        Ok(())
    }
}

/// Encodes a value as data of a media type.
///
/// # Errors
///
/// Where no codec is registered for the media type, or the value has no form in it.
pub fn encode<T: Serialize + ?Sized>(value: &T, content_type: &str) -> Result<Data, EncodeError> {
    if declares_json(content_type) {
        return encode_json(value);
    }
    encode_other(&value, std::any::type_name::<T>(), content_type)
}

/// Encodes a value as JSON data.
///
/// # Errors
///
/// Where the value has no form in JSON.
pub(crate) fn encode_json<T: Serialize + ?Sized>(value: &T) -> Result<Data, EncodeError> {
    json_data(scratch::json(value))
}

fn json_data(bytes: serde_json::Result<Bytes>) -> Result<Data, EncodeError> {
    let bytes = bytes.map_err(EncodeError::data)?;
    Ok(Data::new_unchecked(DataKind::Json, bytes))
}

/// Encodes a value as anything but JSON; it is compiled once, and not for each type.
fn encode_other(
    value: &dyn ErasedSerialize,
    type_name: &'static str,
    content_type: &str,
) -> Result<Data, EncodeError> {
    let media_type = MediaType::parse(content_type).map_err(EncodeError::data)?;
    if let Some(codec) = registry::lookup(&media_type) {
        let bytes = codec.encode(value).map_err(EncodeError::data)?;
        return Data::from_body(bytes.into(), Some(content_type)).map_err(EncodeError::data);
    }
    match media_type.essence() {
        plain_bytes::MEDIA_TYPE => plain_bytes::encode(value, type_name).map(Data::binary),
        _ if is_plain(&media_type) => plain::encode(value, type_name).map(Data::text),
        _ => return Err(EncodeError::no_codec(content_type)),
    }
    .map_err(EncodeError::data)
}

/// Decodes payload bytes into a value by their media type; without one, as JSON.
///
/// Absent data reads as a unit: `()`, a unit struct and an [`Option`] take it, others do not.
///
/// # Errors
///
/// Where no codec is registered for the media type, or the data is not such a value.
pub fn decode<T: DeserializeOwned>(
    data: Option<&[u8]>,
    content_type: Option<&str>,
) -> Result<T, DecodeError> {
    let mut value = DataPlace::any();
    let read: &mut dyn ReadData = &mut value;
    read.read(data, content_type)?;
    value.take()
}

/// Decodes anything but JSON; it is compiled once, and not for each type.
fn decode_other(
    data: Option<&[u8]>,
    content_type: &str,
    target: &'static str,
    decoded: &mut dyn Decoded,
) -> Result<(), DecodeError> {
    let Some(bytes) = data else {
        let unit = UnitDeserializer::<serde::de::value::Error>::new();
        let read = decoded.read(&mut <dyn ErasedDeserializer<'_>>::erase(unit));
        return read.map_err(|_| DecodeError::no_data(target));
    };
    let wrong = |error: BoxError| DecodeError::data_of(target, error);
    let media_type = MediaType::parse(content_type).map_err(|error| wrong(error.into()))?;
    if let Some(codec) = registry::lookup(&media_type) {
        return codec.decode(bytes, decoded).map_err(wrong);
    }
    match media_type.essence() {
        plain_bytes::MEDIA_TYPE => plain_bytes::decode(bytes, decoded),
        _ if is_plain(&media_type) => plain::decode(bytes, decoded),
        _ => return Err(DecodeError::no_codec(content_type)),
    }
    .map_err(wrong)
}

/// Returns whether text of that type is a `str`; in another charset, its bytes say something else.
fn is_plain(media_type: &MediaType) -> bool {
    media_type.ty() == "text" && media_type.is_text()
}

/// Checks the encoding once: a reader of bytes would do so for each string.
fn text<'a>(bytes: &'a [u8], target: &'static str) -> Result<&'a str, DecodeError> {
    std::str::from_utf8(bytes).map_err(|error| DecodeError::data_of(target, error.into()))
}
