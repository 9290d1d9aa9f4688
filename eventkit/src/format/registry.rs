//! The event formats that a program has registered.

use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;

use super::{Format, Json};
use crate::codec::{RegisterError, key_of};
use crate::error::DecodeError;
use crate::event::{Event, Limits, declares_batch, declares_events};
use crate::typed::CloudEvent;

static FORMATS: RwLock<Vec<Arc<dyn Format>>> = RwLock::new(Vec::new());

/// Registers an event format for the whole program; call this at startup.
///
/// From then on, every binding decodes structured and batched messages with its media types.
///
/// # Errors
///
/// Returns an error if a media type of the format is malformed, already has a format, or is not a
/// media type of events. That of a single event must start with `application/cloudevents`, and that
/// of a batch with `application/cloudevents-batch`.
pub fn register(format: impl Format) -> Result<(), RegisterError> {
    let keys = media_types(&format).map(key_of);
    let keys = keys.collect::<Result<Vec<String>, _>>()?;
    let mut formats = FORMATS.write().unwrap_or_else(PoisonError::into_inner);
    for (key, is_batch) in keys.into_iter().zip([false, true]) {
        if is_for(&Json, &key) {
            return Err(RegisterError::BuiltIn(key));
        }
        if formats.iter().any(|own| is_for(&**own, &key)) {
            return Err(RegisterError::Twice(key));
        }
        // Bindings determine the content mode from these prefixes.
        if !declares_events(&key) || declares_batch(&key) != is_batch {
            return Err(RegisterError::NotOfEvents(key));
        }
    }
    formats.push(Arc::new(format));
    Ok(())
}

/// Finds the format for a media type, which must be lowercase and without parameters.
///
/// JSON applies the limits, and so do the formats whose [`Format::limited_by`] returns a format.
/// Others have their own.
///
/// # Errors
///
/// Returns an error if no format is registered for the media type.
pub fn find(media_type: &str, limits: Limits) -> Result<Arc<dyn Format>, DecodeError> {
    if is_for(&Json, media_type) {
        return Ok(Arc::new(Json.with_limits(limits)));
    }
    let formats = FORMATS.read().unwrap_or_else(PoisonError::into_inner);
    let found = formats.iter().find(|format| is_for(&***format, media_type));
    let found = found.ok_or_else(|| DecodeError::no_format(media_type))?;
    Ok(found
        .limited_by(limits)
        .unwrap_or_else(|| Arc::clone(found)))
}

/// Decodes one event in the format for a media type, which must be lowercase and without
/// parameters.
///
/// # Errors
///
/// Returns an error if no format is registered for the media type, or if [`Format::decode`] fails.
pub fn decode(media_type: &str, bytes: Bytes, limits: Limits) -> Result<Event, DecodeError> {
    find(media_type, limits)?.decode(bytes)
}

/// Decodes one event directly into a derived type, in the format for a media type, which must be
/// lowercase and without parameters.
///
/// # Errors
///
/// Returns an error if [`decode`] would, or if the event is not a `T`.
pub fn decode_as<T: CloudEvent>(
    media_type: &str,
    bytes: Bytes,
    limits: Limits,
) -> Result<T, DecodeError> {
    if media_type == Json.content_type() {
        return Json.with_limits(limits).decode_as(&bytes);
    }
    T::from_event(&decode(media_type, bytes, limits)?)
}

fn media_types(format: &dyn Format) -> impl Iterator<Item = &str> {
    [Some(format.content_type()), format.batch_content_type()]
        .into_iter()
        .flatten()
}

fn is_for(format: &dyn Format, key: &str) -> bool {
    media_types(format).any(|own| own.eq_ignore_ascii_case(key))
}
