//! The codecs that a program has registered.

use std::sync::{Arc, PoisonError, RwLock};

use thiserror::Error;

use super::Codec;
use crate::event::{MediaType, declares_json};

static CODECS: RwLock<Vec<Arc<dyn Codec>>> = RwLock::new(Vec::new());

/// The error returned when a codec or an event format cannot be registered.
///
/// ```
/// use eventkit::codec::RegisterError;
/// use eventkit::format::{self, Json};
///
/// let Err(error) = format::register(Json) else { panic!("JSON is built in") };
/// assert!(matches!(error, RegisterError::BuiltIn(_)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The media type is malformed.
    #[error("{0:?} is not a media type or a suffix such as \"+cbor\"")]
    MediaType(String),
    /// Bindings would not recognize a message with this media type as an event or a batch.
    #[error(
        "{0:?} is not a media type of events, expected `application/cloudevents+..`, and \
         `application/cloudevents-batch+..` for a batch"
    )]
    NotOfEvents(String),
    /// JSON is built in and cannot be replaced.
    #[error("{0:?} is built in and cannot be replaced")]
    BuiltIn(String),
    /// A codec or format is already registered for the media type.
    #[error("{0:?} is already registered")]
    Twice(String),
}

/// Registers a codec for the whole program; call this at startup.
///
/// A codec for a media type takes precedence over one for a suffix, and both take precedence over
/// the built-in codecs for text and bytes.
///
/// # Errors
///
/// Returns an error if the codec's media type is malformed, declares JSON, or already has a codec.
pub fn register(codec: impl Codec) -> Result<(), RegisterError> {
    let key = key_of(codec.media_type())?;
    if declares_json(&key) || key == "+json" {
        return Err(RegisterError::BuiltIn(key));
    }
    let mut codecs = CODECS.write().unwrap_or_else(PoisonError::into_inner);
    if codecs.iter().any(|own| is_for(&**own, &key)) {
        return Err(RegisterError::Twice(key));
    }
    codecs.push(Arc::new(codec));
    Ok(())
}

pub(super) fn lookup(media_type: &MediaType) -> Option<Arc<dyn Codec>> {
    let codecs = CODECS.read().unwrap_or_else(PoisonError::into_inner);
    let find = |key: &str| codecs.iter().find(|codec| is_for(&***codec, key)).cloned();
    find(media_type.essence()).or_else(|| find(&format!("+{}", media_type.suffix()?)))
}

fn is_for(codec: &dyn Codec, key: &str) -> bool {
    codec.media_type().eq_ignore_ascii_case(key)
}

/// Returns a media type or suffix in lowercase, as used for lookups.
pub(crate) fn key_of(media_type: &str) -> Result<String, RegisterError> {
    let key = media_type.to_ascii_lowercase();
    let whole = match key.strip_prefix('+') {
        Some(suffix) => format!("application/{suffix}"),
        None => key.clone(),
    };
    match MediaType::parse(&whole) {
        Ok(parsed) if parsed.essence() == whole => Ok(key),
        _ => Err(RegisterError::MediaType(media_type.to_owned())),
    }
}
