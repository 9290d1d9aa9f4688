//! Reads a JSON event straight into a typed value, envelope and data in one pass.

use std::borrow::Cow;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::cursor::Cursor;
use super::decode::{self, Content, OBJECT, ReadData};
use crate::codec;
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
    T::from_source(Structured {
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
        data: ReadData<'_, 'a>,
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

impl<'e, 'a> EventSource for Structured<'e, 'a> {
    type Attributes = &'e Envelope<'a>;

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

    fn read<D: DeserializeOwned>(
        mut self,
        ty: &'static str,
    ) -> Result<(D, &'e Envelope<'a>), DecodeError> {
        let mut decoded = None;
        let content = self.check(ty, &mut |cursor, envelope| {
            if may_be(ty, envelope)
                && let Some(place) = cursor.read_into::<D>(&mut decoded)
            {
                envelope.limit_depth_of(cursor.slice(&place).as_bytes());
                return Ok(place);
            }
            decode::skip(cursor, envelope)
        })?;
        let envelope = self.envelope;
        match (content, decoded) {
            (Some(Content::Json(_)), Some(Ok(data))) => Ok((data, envelope)),
            (Some(Content::Json(_)), Some(Err(error))) => Err(DecodeError::data::<D>(error)),
            (content, _) => {
                let bytes = content.as_ref().map(|content| content.bytes(self.text));
                let data = codec::decode(bytes, envelope.text(name::DATACONTENTTYPE))?;
                Ok((data, envelope))
            }
        }
    }

    fn read_attributes(mut self, ty: &'static str) -> Result<&'e Envelope<'a>, DecodeError> {
        self.check(ty, &mut decode::skip)?;
        Ok(self.envelope)
    }
}

/// Returns whether nothing that is known so far speaks against JSON data of a type.
fn may_be(ty: &str, envelope: &Envelope<'_>) -> bool {
    let content_type = envelope.text(name::DATACONTENTTYPE);
    envelope.text(name::TYPE).is_none_or(|found| found == ty)
        && content_type.is_none_or(declares_json)
}

impl AttributeSource for &Envelope<'_> {
    fn attribute(&self, name: &str) -> Option<AttributeRef<'_>> {
        Envelope::attribute(self, name)
    }
}
