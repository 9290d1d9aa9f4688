//! Reads a JSON event straight into a typed value, envelope and data in one pass.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::cursor::Cursor;
use super::decode::{self, Content, OBJECT};
use crate::codec;
use crate::error::DecodeError;
use crate::event::json::Malformed;
use crate::event::{AttributeRef, Envelope, JSON, Limits, declares_json, name};
use crate::typed::{AttributeSource, EventSource};

/// A JSON event in structured mode that is about to become a typed value.
pub(super) struct Structured<'a> {
    text: &'a str,
    limits: Limits,
}

impl<'a> Structured<'a> {
    pub(super) fn new(bytes: &'a [u8], limits: Limits) -> Result<Self, DecodeError> {
        let text = decode::text(bytes, limits)?;
        Ok(Self { text, limits })
    }

    /// Reads and checks the whole event, but for the data, which is left to the caller.
    fn checked(
        &self,
        ty: &'static str,
        data: impl FnMut(&mut Cursor<'a>, &mut Envelope<'a>) -> Result<Range<usize>, Malformed>,
    ) -> Result<(Envelope<'a>, Option<Content>), DecodeError> {
        let (mut envelope, content) =
            decode::object(self.text, self.limits, data)?.settle(self.text);
        envelope.check()?;
        envelope.expect_type(ty)?;
        if matches!(content, Some(Content::Json(_))) {
            envelope.imply(name::DATACONTENTTYPE, JSON);
        }
        Ok((envelope, content))
    }
}

impl<'a> EventSource for Structured<'a> {
    type Attributes = Envelope<'a>;

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
            Ok(()) => decode::event(&Bytes::copy_from_slice(self.text.as_bytes()), self.limits)
                .map(|event| Cow::Owned(event.ty().to_owned())),
        }
    }

    fn read<D: DeserializeOwned>(self, ty: &'static str) -> Result<(D, Envelope<'a>), DecodeError> {
        let mut decoded = None;
        let (envelope, content) = self.checked(ty, |cursor, envelope| {
            // What is known so far must not speak against reading the data as this type.
            let fits = envelope.text(name::TYPE).is_none_or(|found| found == ty)
                && envelope
                    .text(name::DATACONTENTTYPE)
                    .is_none_or(declares_json);
            cursor.peek();
            let start = cursor.at();
            if fits {
                decoded = Some(cursor.value::<D>());
                if matches!(decoded, Some(Ok(_))) {
                    let place = start..cursor.at();
                    envelope.limit_depth_of(cursor.slice(&place).as_bytes());
                    return Ok(place);
                }
            }
            decode::skip(cursor, envelope)
        })?;
        let content_type = envelope.text(name::DATACONTENTTYPE);
        let data = match (content, decoded) {
            (None, _) => codec::decode(None, content_type)?,
            (Some(Content::Json(_)), Some(data)) => data.map_err(DecodeError::data::<D>)?,
            (Some(Content::Json(place)), None) => {
                codec::decode(Some(self.text[place].as_bytes()), content_type)?
            }
            (Some(Content::Text(text)), _) => codec::decode(Some(text.as_bytes()), content_type)?,
            (Some(Content::Binary(bytes)), _) => codec::decode(Some(&bytes), content_type)?,
        };
        Ok((data, envelope))
    }

    fn read_attributes(self, ty: &'static str) -> Result<Envelope<'a>, DecodeError> {
        let (envelope, _) = self.checked(ty, decode::skip)?;
        Ok(envelope)
    }
}

impl AttributeSource for Envelope<'_> {
    fn attribute(&self, name: &str) -> Option<AttributeRef<'_>> {
        Envelope::attribute(self, name)
    }
}
