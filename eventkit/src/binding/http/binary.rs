//! Messages in binary content mode.

use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderMap;
use serde::de::DeserializeOwned;

use super::{header_name, header_value};
use crate::codec;
use crate::error::DecodeError;
use crate::event::{self, Data, Envelope, Event, Limits, Scalar, Violation, declares_json, name};
use crate::typed::EventSource;

pub(super) const PREFIX: &str = "ce-";

/// The attributes of a message in binary content mode.
pub(super) struct Binary<'a> {
    envelope: Envelope<'a>,
    content_type: Option<&'a str>,
}

/// Reads the headers of a message.
pub(super) fn read<'a>(
    headers: &'a HeaderMap,
    content_type: Option<&'a str>,
    body: &Bytes,
    limits: Limits,
) -> Result<Binary<'a>, DecodeError> {
    if !headers.contains_key(&header_name::SPECVERSION)
        && !headers.contains_key(&header_name::ID)
        && !headers.contains_key(&header_name::TYPE)
    {
        let reason = "neither an `application/cloudevents` content type nor `ce-` headers";
        return Err(DecodeError::not_an_event(reason));
    }
    let mut envelope = Envelope::with_limits(limits);
    for (header, value) in headers {
        let Some(attribute) = header.as_str().strip_prefix(PREFIX) else {
            continue;
        };
        if attribute == name::DATACONTENTTYPE {
            let expected = "the `Content-Type` header instead";
            let value = String::from_utf8_lossy(value.as_bytes());
            envelope.refuse(Violation::new(
                attribute.to_owned(),
                &value,
                expected,
                "HTTP binding, 3.1.1",
            ));
            continue;
        }
        match header_value::decode(value.as_bytes()) {
            Ok(Cow::Borrowed(text)) => envelope.set_text(attribute, text),
            Ok(text) => envelope.set(Cow::Borrowed(attribute), Scalar::Text(text)),
            Err(expected) => {
                let value = String::from_utf8_lossy(value.as_bytes());
                let section = "HTTP binding, 3.1.3.2";
                envelope.refuse(Violation::new(
                    attribute.to_owned(),
                    &value,
                    expected,
                    section,
                ));
                envelope.set(Cow::Borrowed(attribute), Scalar::Refused);
            }
        }
    }
    if let Some(content_type) = content_type {
        envelope.set_text(name::DATACONTENTTYPE, content_type);
    }
    if content_type.is_some_and(declares_json) {
        envelope.limit_depth_of(body);
    }
    Ok(Binary {
        envelope,
        content_type,
    })
}

impl Binary<'_> {
    pub(super) fn into_event(self, body: Bytes) -> Result<Event, DecodeError> {
        let Self {
            mut envelope,
            content_type,
        } = self;
        let data = if is_absent(&body, envelope.text(name::DATACONTENTTYPE)) {
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
        envelope.into_event(data)
    }
}

impl Binary<'_> {
    /// Lists all that is wrong, the data included, and gives the data whatever it is.
    pub(super) fn into_violations(
        self,
        body: Bytes,
    ) -> Result<(Vec<Violation>, Option<Data>), DecodeError> {
        let is_absent = is_absent(&body, self.envelope.text(name::DATACONTENTTYPE));
        let mut violations = self.envelope.into_violations()?;
        if is_absent {
            return Ok((violations, None));
        }
        let data = Data::from_body(body.clone(), self.content_type);
        let data = data.unwrap_or_else(|error| {
            violations.push(event::not_json(&body, &error));
            Data::binary(body)
        });
        Ok((violations, Some(data)))
    }
}

fn not_json(error: serde_json::Error) -> DecodeError {
    DecodeError::malformed("JSON data", error)
}

/// Returns whether an empty body means that there is no data.
fn is_absent(body: &Bytes, content_type: Option<&str>) -> bool {
    body.is_empty() && content_type.is_none_or(declares_json)
}

/// A message in binary mode that is about to become a typed value.
pub(super) struct Message<'a> {
    envelope: Envelope<'a>,
    body: Bytes,
}

impl<'a> Message<'a> {
    pub(super) fn new(binary: Binary<'a>, body: Bytes) -> Self {
        let envelope = binary.envelope;
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
    fn data(&self) -> Option<&Bytes> {
        (!is_absent(&self.body, self.content_type())).then_some(&self.body)
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

impl<'a> EventSource for Message<'a> {
    type Attributes = Envelope<'a>;

    fn event_type(&self) -> Result<Cow<'_, str>, DecodeError> {
        match self.envelope.text(name::TYPE) {
            Some(ty) => Ok(Cow::Borrowed(ty)),
            // No type, so no event: the check tells all that is wrong with it.
            None => self.envelope.clone().check().map(|()| Cow::Borrowed("")),
        }
    }

    fn read<D: DeserializeOwned>(
        mut self,
        ty: &'static str,
    ) -> Result<(D, Envelope<'a>), DecodeError> {
        self.check(ty)?;
        match codec::decode(self.data().map(|body| &**body), self.content_type()) {
            Ok(data) => Ok((data, self.envelope)),
            Err(error) => Err(self.check_json().err().unwrap_or(error)),
        }
    }

    fn read_attributes(mut self, ty: &'static str) -> Result<Envelope<'a>, DecodeError> {
        self.check(ty)?;
        self.check_json()?;
        Ok(self.envelope)
    }
}
