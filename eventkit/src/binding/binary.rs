//! What messages in binary content mode have in common.

use std::borrow::Cow;

use bytes::Bytes;

use super::header_value;
use crate::codec::ReadData;
use crate::error::DecodeError;
use crate::event::{self, Data, Envelope, Event, Scalar, Violation, declares_json, name};
use crate::typed::{AttributeSource, EventSource};

/// Takes one attribute from a header; the section is the one on header values.
#[inline]
pub(super) fn set<'a>(
    envelope: &mut Envelope<'a>,
    attribute: Cow<'a, str>,
    value: &'a [u8],
    section: &'static str,
) {
    match (attribute, header_value::decode(value)) {
        (Cow::Borrowed(attribute), Ok(Scalar::Plain(text))) => {
            envelope.set_plain(attribute, text);
        }
        (attribute, Ok(value)) => envelope.set(attribute, value),
        (attribute, Err(expected)) => {
            let value = String::from_utf8_lossy(value);
            let name = attribute.clone().into_owned();
            envelope.refuse(Violation::new(name, &value, expected, section));
            envelope.set(attribute, Scalar::Refused);
        }
    }
}

/// Notes where the body is nested too deep, once all attributes are known.
#[inline]
pub(super) fn limit_depth(envelope: &mut Envelope<'_>, body: &[u8]) {
    let content_type = envelope.text(name::DATACONTENTTYPE);
    if content_type.is_some_and(declares_json) {
        envelope.limit_depth_of(body);
    }
}

/// Makes the event of all attributes, `datacontenttype` among them, and a body.
pub(super) fn into_event(mut envelope: Envelope<'_>, body: Bytes) -> Result<Event, DecodeError> {
    let content_type = envelope.text(name::DATACONTENTTYPE);
    let data = if is_absent(&body, content_type) {
        None
    } else {
        match Data::from_body(body, content_type) {
            Ok(data) => Some(data),
            Err(error) => {
                // A wrong envelope is worth more to the sender than a wrong payload.
                envelope.check()?;
                return Err(not_json(error));
            }
        }
    };
    envelope.into_event(data, None)
}

/// Lists all that is wrong, the data included, and gives the data whatever it is.
pub(super) fn into_violations(
    envelope: Envelope<'_>,
    body: Bytes,
) -> Result<(Vec<Violation>, Option<Data>), DecodeError> {
    let content_type = envelope.text(name::DATACONTENTTYPE);
    if is_absent(&body, content_type) {
        return Ok((envelope.into_violations()?, None));
    }
    let data = Data::from_body(body.clone(), content_type);
    let mut violations = envelope.into_violations()?;
    let data = data.unwrap_or_else(|error| {
        violations.push(event::not_json(&body, &error));
        Data::binary(body)
    });
    Ok((violations, Some(data)))
}

fn not_json(error: serde_json::Error) -> DecodeError {
    DecodeError::malformed("JSON data", error)
}

/// Returns whether an empty body means that there is no data.
fn is_absent(body: &[u8], content_type: Option<&str>) -> bool {
    body.is_empty() && content_type.is_none_or(declares_json)
}

/// A message in binary mode that is about to become a typed value.
pub(super) struct Message<'e, 'a> {
    envelope: &'e mut Envelope<'a>,
    body: &'e Bytes,
}

impl<'e, 'a> Message<'e, 'a> {
    pub(super) fn new(envelope: &'e mut Envelope<'a>, body: &'e Bytes) -> Self {
        Self { envelope, body }
    }

    /// Checks everything but what the data is read as.
    fn check(&mut self, ty: &'static str) -> Result<(), DecodeError> {
        self.envelope.check()?;
        self.envelope.expect_type(ty)
    }

    fn content_type(&self) -> Option<&str> {
        self.envelope.text(name::DATACONTENTTYPE)
    }

    /// Returns the body, unless it means that there is no data.
    fn data(&self) -> Option<&'e Bytes> {
        (!is_absent(self.body, self.content_type())).then_some(self.body)
    }

    /// Refuses a body that is not the JSON it is said to be: a mistake of the message.
    fn check_json(&self) -> Result<(), DecodeError> {
        match self.data() {
            Some(body) if self.content_type().is_some_and(declares_json) => {
                Data::json(body.clone()).map(drop).map_err(not_json)
            }
            _ => Ok(()),
        }
    }
}

impl EventSource for Message<'_, '_> {
    fn event_type(&self) -> Result<Cow<'_, str>, DecodeError> {
        match self.envelope.text(name::TYPE) {
            Some(ty) => Ok(Cow::Borrowed(ty)),
            // No type, so no event: the check tells all that is wrong with it.
            None => self.envelope.clone().check().map(|()| Cow::Borrowed("")),
        }
    }

    fn read(&mut self, ty: &'static str, data: &mut dyn ReadData) -> Result<(), DecodeError> {
        self.check(ty)?;
        data.read(self.data().map(|body| &**body), self.content_type())
            .map_err(|error| self.check_json().err().unwrap_or(error))
    }

    fn read_attributes(&mut self, ty: &'static str) -> Result<(), DecodeError> {
        self.check(ty)?;
        self.check_json()
    }

    fn attributes(&self) -> &dyn AttributeSource {
        &*self.envelope
    }
}
