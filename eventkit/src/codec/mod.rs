//! Data codecs, which convert typed values to payload bytes and back, and are found by media type.
//!
//! JSON (`*/json`, `*+json`) and text (`text/*` in UTF-8) are built in. Payloads that are bytes,
//! such as a `Vec<u8>`, `bytes::Bytes`, a `serde_bytes` type or a newtype of one of them, need no
//! codec for any other media type:
//!
//! ```
//! use eventkit::CloudEvent;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
//! #[cloudevent(type = "co.outcome.photo", source = "/camera", datacontenttype = "image/png")]
//! struct Photo(Vec<u8>);
//!
//! let photo = Photo(b"\x89PNG\r\n".to_vec());
//! let event = photo.to_event()?;
//! assert_eq!(event.data().unwrap().as_bytes(), photo.0);
//! assert_eq!(Photo::try_from(&event)?, photo);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A program adds other codecs with [`register`]. From then on, derived types with a matching
//! `datacontenttype` are encoded with the codec, and handlers can receive typed values from events
//! with such data.
//!
//! Data is decoded by the codec for the media type with which it was received, regardless of what
//! the Rust type declares. So a type that declares JSON also accepts `MessagePack`, and the format
//! of a codec need not be self-describing.
//!
//! ```
//! use eventkit::codec::{Codec, ErasedSeed, ErasedDeserializer, ErasedSerialize};
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
//!     fn decode(&self, bytes: &[u8], seed: &mut dyn ErasedSeed) -> Result<(), BoxError> {
//!         let digits = std::str::from_utf8(bytes)?;
//!         let json = (0..digits.len() / 2)
//!             .map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16))
//!             .collect::<Result<Vec<u8>, _>>()?;
//!         let mut json = serde_json::Deserializer::from_slice(&json);
//!         seed.deserialize(&mut <dyn ErasedDeserializer>::erase(&mut json))
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

mod bytes_codec;
mod erased;
mod registry;
mod seed;
mod text_codec;
mod value;

pub use erased_serde::Serialize as ErasedSerialize;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use erased::ErasedDeserializer;
pub(crate) use registry::key_of;
pub use registry::{RegisterError, register};
pub use seed::{DataSeed, JsonSeed};
pub(crate) use seed::{decode_into, read_json};
pub(crate) use value::{DataValue, ValueRef};

use self::bytes_codec::NotDecoded;
use crate::error::{BoxError, DecodeError, EncodeError};
use crate::event::{Data, DataKind, MediaType, buffer_pool, declares_json};

/// A codec that encodes typed payloads as bytes of one media type.
///
/// The [module](crate::codec) has an example of an implementation and its registration.
pub trait Codec: Send + Sync + 'static {
    /// Returns the media type of the codec, without parameters, such as `application/cbor`; or a
    /// suffix such as `+cbor`, for all media types that end with it.
    fn media_type(&self) -> &str;

    /// Encodes a value.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be represented in this media type.
    fn encode(&self, value: &dyn ErasedSerialize) -> Result<Vec<u8>, BoxError>;

    /// Decodes a value: creates a deserializer for the bytes, and passes it to the seed exactly
    /// once.
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes are malformed, or if the seed returns an error.
    fn decode(&self, bytes: &[u8], seed: &mut dyn ErasedSeed) -> Result<(), BoxError>;
}

/// A typed value that a [`Codec`] decodes into: an object-safe
/// [`DeserializeSeed`](serde::de::DeserializeSeed).
///
/// A codec passes its deserializer to it, as the example of the [module](crate::codec) does.
pub trait ErasedSeed {
    /// Deserializes the value.
    ///
    /// # Errors
    ///
    /// Returns an error if the input is not a valid value; a codec returns this error unchanged.
    fn deserialize(
        &mut self,
        deserializer: &mut dyn ErasedDeserializer<'_>,
    ) -> Result<(), BoxError>;
}

/// Encodes a value as data of a media type.
///
/// # Errors
///
/// Returns an error if no codec is registered for the media type, or if it cannot represent the
/// value.
pub fn encode<T: Serialize + ?Sized>(value: &T, content_type: &str) -> Result<Data, EncodeError> {
    encode_value(&ValueRef(value), content_type)
}

/// Encodes a value of any type as data of a media type.
pub(crate) fn encode_value(value: &dyn DataValue, content_type: &str) -> Result<Data, EncodeError> {
    if !declares_json(content_type) {
        return encode_other(value.erased(), value.type_name(), content_type);
    }
    let bytes = buffer_pool::write_to_bytes(&mut |out| value.write_json(out));
    let bytes = bytes.map_err(EncodeError::data)?;
    Ok(Data::new_unchecked(DataKind::Json, bytes))
}

/// Encodes a value as any media type other than JSON.
fn encode_other(
    value: &dyn ErasedSerialize,
    type_name: &'static str,
    content_type: &str,
) -> Result<Data, EncodeError> {
    let media_type = MediaType::parse(content_type).map_err(EncodeError::data)?;
    if let Some(codec) = registry::lookup(&media_type) {
        let bytes = codec.encode(value).map_err(EncodeError::data)?;
        return Ok(Data::from_body(bytes.into(), Some(content_type)));
    }
    if is_text(&media_type) {
        let text = text_codec::encode(value, type_name);
        return text.map(Data::text).map_err(EncodeError::data);
    }
    match bytes_codec::encode(value) {
        Some(bytes) => Ok(Data::from_body(bytes.into(), Some(content_type))),
        None if media_type.essence() == bytes_codec::MEDIA_TYPE => {
            let reason = "is not bytes: expected a byte buffer or a newtype of one";
            Err(EncodeError::data(format!("`{type_name}` {reason}")))
        }
        None => Err(EncodeError::no_codec(content_type)),
    }
}

/// Decodes payload bytes into a value by their media type; without a media type, as JSON.
///
/// Absent data is decoded as `null`: `()`, a unit struct and an [`Option`] accept this, other types
/// do not.
///
/// # Errors
///
/// Returns an error if no codec is registered for the media type, or if the data is not a valid
/// value.
pub fn decode<T: DeserializeOwned>(
    data: Option<&[u8]>,
    content_type: Option<&str>,
) -> Result<T, DecodeError> {
    let mut seed = DataSeed::new();
    decode_into(&mut seed, data, content_type)?;
    seed.finish()
}

/// Decodes anything other than JSON; it is compiled once, rather than for each type.
fn decode_other(
    seed: &mut dyn JsonSeed,
    bytes: &[u8],
    content_type: &str,
) -> Result<(), DecodeError> {
    let target = seed.type_name();
    let wrong = |error: BoxError| DecodeError::data_of(target, error);
    let media_type = MediaType::parse(content_type).map_err(|error| wrong(error.into()))?;
    if let Some(codec) = registry::lookup(&media_type) {
        return codec.decode(bytes, seed).map_err(wrong);
    }
    if is_text(&media_type) {
        return text_codec::decode(bytes, seed).map_err(wrong);
    }
    bytes_codec::decode(bytes, seed).map_err(|reason| match reason {
        NotDecoded::NotBytes(_) if media_type.essence() != bytes_codec::MEDIA_TYPE => {
            DecodeError::no_codec(content_type)
        }
        reason => wrong(reason.into()),
    })
}

/// Returns whether text with this media type can be represented as a `str`, as only UTF-8 can.
fn is_text(media_type: &MediaType) -> bool {
    media_type.ty() == "text" && media_type.is_text()
}
