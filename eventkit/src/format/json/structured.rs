//! Reads a JSON event straight into a typed value, envelope and data in one pass.

use std::borrow::Cow;

use bytes::Bytes;

use super::cursor::Cursor;
use super::decode::{self, AtData, Content, OBJECT};
use crate::codec::ReadData;
use crate::error::DecodeError;
use crate::event::json::Malformed;
use crate::event::{AttributeRef, Envelope, JSON, Limits, declares_json, name};
use crate::typed::{AttributeSource, CloudEvent, EventSource};

/// A JSON event in structured mode that is about to become a typed value.
pub(super) struct Structured<'e, 'a> {
    text: &'a str,
    /// Where the attributes go; it is too large to be passed around.
    envelope: &'e mut Envelope<'a>,
    limits: Limits,
}

/// Decodes one event straight into a derived type.
pub(super) fn decode<T: CloudEvent>(bytes: &[u8], limits: Limits) -> Result<T, DecodeError> {
    let text = decode::text(bytes, limits)?;
    let envelope = &mut Envelope::with_limits(limits);
    T::from_source(&mut Structured {
        text,
        envelope,
        limits,
    })
}

impl<'a> Structured<'_, 'a> {
    /// Reads and checks the whole event, but for the data, which is left to the caller.
    fn check(
        &mut self,
        ty: &'static str,
        data: AtData<'_, 'a>,
    ) -> Result<Option<Content>, DecodeError> {
        let content = decode::object(self.text, self.envelope, data)?;
        self.envelope.check()?;
        self.envelope.expect_type(ty)?;
        if matches!(content, Some(Content::Json(_))) {
            self.envelope.imply(name::DATACONTENTTYPE, JSON);
        }
        Ok(content)
    }
}

impl EventSource for Structured<'_, '_> {
    /// Walks to the `type`, which most producers write before the data.
    fn event_type(&self) -> Result<Cow<'_, str>, DecodeError> {
        /// Ends the walk where the type is found.
        enum Stop<'a> {
            Found(Cow<'a, str>),
            Malformed,
        }

        impl From<Malformed> for Stop<'_> {
            fn from(Malformed: Malformed) -> Self {
                Self::Malformed
            }
        }

        let mut cursor = Cursor::new(self.text);
        let walk = cursor.elements(b'{', b'}', |cursor| {
            if cursor.member_name()? == name::TYPE
                && let Ok(ty) = cursor.string()
            {
                return Err(Stop::Found(ty));
            }
            cursor.skip()?;
            Ok(())
        });
        match walk {
            Err(Stop::Found(ty)) => Ok(ty),
            Err(Stop::Malformed) => Err(Cursor::explain(self.text, OBJECT)),
            // No type, so no event: what is wrong with it is told as of any event.
            Ok(()) => decode::event(Bytes::copy_from_slice(self.text.as_bytes()), self.limits)
                .map(|event| Cow::Owned(event.ty().to_owned())),
        }
    }

    fn read(&mut self, ty: &'static str, data: &mut dyn ReadData) -> Result<(), DecodeError> {
        let mut in_place = None;
        let content = self.check(ty, &mut |cursor, envelope| {
            if may_be(ty, envelope) {
                match cursor.read_into(data) {
                    Ok(place) => {
                        in_place = Some(Ok(()));
                        envelope.limit_depth_of(cursor.slice(&place).as_bytes());
                        return Ok(place);
                    }
                    Err(error) => in_place = Some(Err(error)),
                }
            }
            decode::skip(cursor, envelope)
        })?;
        if let (Some(Content::Json(_)), Some(read)) = (&content, in_place) {
            let wrong =
                |error: serde_json::Error| DecodeError::data_of(data.type_name(), error.into());
            return read.map_err(wrong);
        }
        let bytes = content.as_ref().map(|content| content.bytes(self.text));
        data.read(bytes, self.envelope.text(name::DATACONTENTTYPE))
    }

    fn read_attributes(&mut self, ty: &'static str) -> Result<(), DecodeError> {
        self.check(ty, &mut decode::skip).map(drop)
    }

    fn attributes(&self) -> &dyn AttributeSource {
        &*self.envelope
    }
}

/// Returns whether nothing that is known so far speaks against JSON data of a type.
fn may_be(ty: &str, envelope: &Envelope<'_>) -> bool {
    let content_type = envelope.text(name::DATACONTENTTYPE);
    envelope.text(name::TYPE).is_none_or(|found| found == ty)
        && content_type.is_none_or(declares_json)
}

impl AttributeSource for Envelope<'_> {
    fn attribute(&self, name: &str) -> Option<AttributeRef<'_>> {
        Envelope::attribute(self, name)
    }
}
