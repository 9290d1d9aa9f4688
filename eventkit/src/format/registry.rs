//! The event formats that a program has added.

use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;

use super::{Format, Json};
use crate::codec::{RegisterError, key_of};
use crate::event::{Limits, MediaType};

type Formats = Vec<Arc<dyn Format>>;

static FORMATS: OnceLock<ArcSwap<Formats>> = OnceLock::new();

/// Adds an event format for the whole program; meant for its start.
///
/// From then on every binding decodes structured and batched messages of its media types.
///
/// # Errors
///
/// Where a media type of the format is malformed, or has a format already.
pub fn register(format: impl Format) -> Result<(), RegisterError> {
    let format: Arc<dyn Format> = Arc::new(format);
    let keys = media_types(&*format)
        .map(key_of)
        .collect::<Result<Vec<String>, _>>()?;
    if let Some(key) = keys
        .iter()
        .find(|key| media_types(&Json).any(|own| own == *key))
    {
        return Err(RegisterError::BuiltIn(key.clone()));
    }
    let formats = FORMATS.get_or_init(ArcSwap::default);
    let mut twice = None;
    formats.rcu(|formats| {
        twice = keys
            .iter()
            .find(|key| formats.iter().any(|own| is_for(&**own, key)))
            .cloned();
        let mut formats = Formats::clone(formats);
        if twice.is_none() {
            formats.push(Arc::clone(&format));
        }
        formats
    });
    twice.map_or(Ok(()), |key| Err(RegisterError::Twice(key)))
}

/// Returns the format for a media type in lower case, without its parameters; the built-in one
/// keeps the limits.
pub(crate) fn lookup(essence: &str, limits: Limits) -> Option<Arc<dyn Format>> {
    if media_types(&Json).any(|own| own == essence) {
        return Some(Arc::new(Json.with_limits(limits)));
    }
    let formats = FORMATS.get()?.load();
    formats
        .iter()
        .find(|format| is_for(&***format, essence))
        .cloned()
}

/// Returns whether a media type is the one of a single event in the JSON format.
pub(crate) fn is_json(media_type: &MediaType) -> bool {
    media_type.essence() == Json.content_type()
}

fn media_types(format: &dyn Format) -> impl Iterator<Item = &str> {
    [Some(format.content_type()), format.batch_content_type()]
        .into_iter()
        .flatten()
}

fn is_for(format: &dyn Format, key: &str) -> bool {
    media_types(format).any(|own| own.eq_ignore_ascii_case(key))
}
