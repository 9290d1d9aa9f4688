//! Data codecs: payload bytes to and from typed values, found by media type.
//!
//! JSON (`*/json`, `*+json`) and text (`text/*` in UTF-8) are built in. Payloads that are bytes, such as a
//! `Vec<u8>`, `bytes::Bytes`, a type of `serde_bytes` or a newtype of one, need no codec under any other
//! media type:
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
//! A program adds its own with [`register`]; from then on derived types with that
//! `datacontenttype` encode with it, and events that arrive with it decode into typed handlers.
//!
//! Data is decoded by the codec of the media type that it arrives with, whatever the Rust type
//! declares. So a type that declares JSON also takes `MessagePack`, and the format of a codec does
//! not have to describe itself.
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
mod registry;
mod seed;
mod text_codec;

use bytes::Bytes;
pub use erased_serde::{Deserializer as ErasedDeserializer, Serialize as ErasedSerialize};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use registry::key_of;
pub use registry::{RegisterError, register};
pub(crate) use seed::decode_into;
pub use seed::{DataSeed, JsonSeed};

use self::bytes_codec::NotDecoded;
use crate::error::{BoxError, DecodeError, EncodeError};
use crate::event::{Data, DataKind, MediaType, buffer_pool, declares_json};

/// Encoding of typed payloads as the bytes of one media type.
///
/// The [module](crate::codec) has an example of an implementation and its registration.
pub trait Codec: Send + Sync + 'static {
    /// Returns the media type it is for, without parameters, such as `application/cbor`; or a
    /// suffix such as `+cbor` for every type that ends with it.
    fn media_type(&self) -> &str;

    /// Encodes a value.
    ///
    /// # Errors
    ///
    /// Returns an error if the value has no form in this media type.
    fn encode(&self, value: &dyn ErasedSerialize) -> Result<Vec<u8>, BoxError>;

    /// Decodes a value: makes a deserializer for the bytes and hands it to the seed, once.
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes are malformed, or the seed returns an error.
    fn decode(&self, bytes: &[u8], seed: &mut dyn ErasedSeed) -> Result<(), BoxError>;
}

/// Typed value that a [`Codec`] decodes into: a [`DeserializeSeed`](serde::de::DeserializeSeed)
/// that is object-safe.
///
/// A codec passes its deserializer to it, as the example of the [module](crate::codec) does.
pub trait ErasedSeed {
    /// Reads the value from a deserializer.
    ///
    /// # Errors
    ///
    /// Returns an error if the input is not such a value; a codec returns it as it is.
    fn deserialize(
        &mut self,
        deserializer: &mut dyn ErasedDeserializer<'_>,
    ) -> Result<(), BoxError>;
}

/// Encodes a value as data of a media type.
///
/// # Errors
///
/// Returns an error if no codec is registered for the media type, or the value has no form in it.
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
/// Returns an error if the value has no form in JSON.
pub(crate) fn encode_json<T: Serialize + ?Sized>(value: &T) -> Result<Data, EncodeError> {
    json_data(buffer_pool::write_json(value))
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
        return Ok(Data::from_body(bytes.into(), Some(content_type)));
    }
    if is_text(&media_type) {
        let text = text_codec::encode(value, type_name);
        return text.map(Data::text).map_err(EncodeError::data);
    }
    match bytes_codec::encode(value) {
        Some(bytes) => Ok(Data::from_body(bytes.into(), Some(content_type))),
        None if media_type.essence() == bytes_codec::MEDIA_TYPE => {
            let reason = "is not bytes: a byte buffer or a newtype of one is";
            Err(EncodeError::data(format!("`{type_name}` {reason}")))
        }
        None => Err(EncodeError::no_codec(content_type)),
    }
}

/// Decodes payload bytes into a value by their media type; without one, as JSON.
///
/// Absent data is read as `null`: `()`, a unit struct and an [`Option`] take it, others do not.
///
/// # Errors
///
/// Returns an error if no codec is registered for the media type, or the data is not such a value.
pub fn decode<T: DeserializeOwned>(
    data: Option<&[u8]>,
    content_type: Option<&str>,
) -> Result<T, DecodeError> {
    let mut seed = DataSeed::new();
    decode_into(&mut seed, data, content_type)?;
    seed.finish()
}

/// Decodes anything but JSON; it is compiled once, and not for each type.
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

/// Returns whether text of that type is a `str`; in another charset, its bytes say something else.
fn is_text(media_type: &MediaType) -> bool {
    media_type.ty() == "text" && media_type.is_text()
}
