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
        data: ReadData<'_, 'a>,
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
        let (envelope, content) = self.checked(ty, &mut |cursor, envelope| {
            if may_be(ty, envelope) {
                let start = cursor.peek_at();
                let value = cursor.value::<D>();
                let place = value.is_ok().then(|| start..cursor.at());
                decoded = Some(value);
                if let Some(place) = place {
                    envelope.limit_depth_of(cursor.slice(&place).as_bytes());
                    return Ok(place);
                }
            }
            decode::skip(cursor, envelope)
        })?;
        let data = match (&content, decoded) {
            (Some(Content::Json(_)), Some(data)) => data.map_err(DecodeError::data::<D>)?,
            (content, _) => {
                let bytes = content.as_ref().map(|content| content.bytes(self.text));
                codec::decode(bytes, envelope.text(name::DATACONTENTTYPE))?
            }
        };
        Ok((data, envelope))
    }

    fn read_attributes(self, ty: &'static str) -> Result<Envelope<'a>, DecodeError> {
        let (envelope, _) = self.checked(ty, &mut decode::skip)?;
        Ok(envelope)
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
