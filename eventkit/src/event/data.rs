//! The data of an event.

use std::fmt;
use std::str::Utf8Error;

use bytes::Bytes;
use serde::de::{Error, IgnoredAny};

use super::json;
use super::media_type::{MediaType, declares_json, is_utf8};
use crate::error::truncate;

/// The kind of the bytes of [`Data`].
///
/// [`Data::kind`] returns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataKind {
    /// One JSON value in UTF-8.
    Json,
    /// Text in UTF-8 that is not JSON.
    Text,
    /// Anything else.
    Binary,
}

/// The data of an event: its bytes and their kind.
///
/// JSON data is always one valid JSON value, and text is always valid UTF-8. If the data of a
/// message is not the JSON or the text that its content type declares, a decoder returns it as
/// binary data. A clone shares the bytes.
///
/// Two values are equal if their bytes are equal, whatever their kind. A protocol carries only the
/// bytes, and the kind follows from the content type.
///
/// ```
/// use eventkit::event::{Data, DataKind};
///
/// let data = Data::json(r#"{"order_id":"A-1"}"#)?;
/// assert_eq!(data.kind(), DataKind::Json);
/// assert_eq!(data.as_str(), Some(r#"{"order_id":"A-1"}"#));
/// assert!(Data::json("{").is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct Data {
    kind: DataKind,
    bytes: Bytes,
}

impl Data {
    /// Creates data of a kind that the caller has already checked.
    pub(crate) fn new_unchecked(kind: DataKind, bytes: Bytes) -> Self {
        Self { kind, bytes }
    }

    /// Creates binary data.
    #[must_use]
    pub fn binary(bytes: impl Into<Bytes>) -> Self {
        Self::new_unchecked(DataKind::Binary, bytes.into())
    }

    /// Creates text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::new_unchecked(DataKind::Text, Bytes::from(text.into()))
    }

    /// Creates text from its bytes, without a copy.
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes are not UTF-8.
    pub fn from_utf8(bytes: impl Into<Bytes>) -> Result<Self, Utf8Error> {
        let bytes = bytes.into();
        std::str::from_utf8(&bytes)?;
        Ok(Self::new_unchecked(DataKind::Text, bytes))
    }

    /// Creates JSON data from an encoded JSON value.
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes are not one JSON value in UTF-8.
    pub fn json(bytes: impl Into<Bytes>) -> Result<Self, serde_json::Error> {
        let bytes = bytes.into();
        let text = std::str::from_utf8(&bytes);
        if text.is_ok_and(json::is_value) {
            return Ok(Self::new_unchecked(DataKind::Json, bytes));
        }
        if let Some(reason) = json::byte_order_mark(&bytes) {
            return Err(Error::custom(reason));
        }
        // The data is malformed; `serde_json` reports where and why.
        serde_json::from_slice::<IgnoredAny>(&bytes)?;
        Err(Error::custom(text.err().map_or_else(
            || "it is not one JSON value".to_owned(),
            |error| error.to_string(),
        )))
    }

    /// Creates data from the body of a message. The content type determines the kind.
    ///
    /// If the body is not the JSON or the UTF-8 text that the content type declares, the data is
    /// binary.
    pub(crate) fn from_body(bytes: Bytes, content_type: Option<&str>) -> Self {
        let kind = match (content_type, std::str::from_utf8(&bytes)) {
            (Some(content_type), Ok(text)) if declares_json(content_type) => {
                if json::is_value(text) {
                    DataKind::Json
                } else {
                    DataKind::Binary
                }
            }
            (Some(content_type), Ok(_)) if is_text(content_type) => DataKind::Text,
            _ => DataKind::Binary,
        };
        Self::new_unchecked(kind, bytes)
    }

    /// Returns the data with the kind that the content type implies.
    ///
    /// JSON under a content type that is not JSON becomes text. Text under a JSON content type must
    /// be JSON.
    pub(crate) fn under(self, content_type: &str) -> Result<Self, serde_json::Error> {
        let json = declares_json(content_type);
        match self.kind {
            DataKind::Json if !json => Ok(Self::new_unchecked(DataKind::Text, self.bytes)),
            DataKind::Text if json => Self::json(self.bytes),
            _ => Ok(self),
        }
    }

    /// Returns whether the text has the same bytes in the charset of the content type, so that a
    /// protocol that carries bytes carries the text.
    pub(crate) fn is_in_charset_of(&self, content_type: &str) -> bool {
        if !self.is_text() || !content_type.contains(';') {
            return true;
        }
        let media_type = MediaType::parse(content_type).ok();
        let charset = media_type.and_then(|media_type| media_type.parameter("charset"));
        charset.is_none_or(|charset| {
            let charset = charset.to_ascii_lowercase();
            let extends_ascii = |prefix: &&str| charset.starts_with(*prefix);
            is_utf8(&charset) || self.bytes.is_ascii() && ASCII_CHARSETS.iter().any(extends_ascii)
        })
    }

    /// Returns the kind of the data.
    #[must_use]
    pub fn kind(&self) -> DataKind {
        self.kind
    }

    /// Returns whether the data is JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.kind == DataKind::Json
    }

    /// Returns whether the data is text that is not JSON.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.kind == DataKind::Text
    }

    /// Returns whether the data is neither JSON nor text.
    #[must_use]
    pub fn is_binary(&self) -> bool {
        self.kind == DataKind::Binary
    }

    /// Returns the bytes as a slice.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the bytes, which the event and the caller can share.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Returns JSON data or text as a string, or `None` for binary data.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self.kind {
            DataKind::Json | DataKind::Text => std::str::from_utf8(&self.bytes).ok(),
            DataKind::Binary => None,
        }
    }
}

/// The prefixes of charset names in which ASCII text has the same bytes as in UTF-8.
const ASCII_CHARSETS: [&str; 5] = ["us-ascii", "ascii", "iso-8859-", "latin", "windows-125"];

fn is_text(content_type: &str) -> bool {
    MediaType::parse(content_type).is_ok_and(|media_type| media_type.is_text())
}

impl PartialEq for Data {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Data {}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_str() {
            Some(text) => write!(f, "{:?}({})", self.kind, truncate(text)),
            None => write!(f, "Binary({} bytes)", self.bytes.len()),
        }
    }
}

/// A conversion into binary data, without a copy if the value owns its bytes.
///
/// ```
/// use eventkit::Event;
///
/// let event = Event::builder().source("/camera").ty("photo").data_bytes(vec![0x89, 0x50]).build()?;
/// assert!(event.data().is_some_and(|data| data.is_binary()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait IntoBytes {
    /// Returns the bytes.
    fn into_bytes(self) -> Bytes;
}

macro_rules! into_bytes {
    (owned: $($owned:ty),*; borrowed: $($borrowed:ty),*) => {
        $(impl IntoBytes for $owned {
            fn into_bytes(self) -> Bytes {
                Bytes::from(self)
            }
        })*
        $(impl IntoBytes for $borrowed {
            fn into_bytes(self) -> Bytes {
                Bytes::copy_from_slice(self.as_ref())
            }
        })*
    };
}

into_bytes! {
    owned: Bytes, Vec<u8>, Box<[u8]>, String;
    borrowed: &[u8], &Vec<u8>, &str
}

impl<const N: usize> IntoBytes for &[u8; N] {
    fn into_bytes(self) -> Bytes {
        Bytes::copy_from_slice(self)
    }
}
