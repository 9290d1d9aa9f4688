//! Messages to events, and straight to typed values.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;

use super::header_value;
use crate::codec;
use crate::error::DecodeError;
use crate::event::{Data, Envelope, Event, MediaType, Scalar, Violation, declares_json, name};
use crate::format::{self, Format, Json};
use crate::typed::{CloudEvent, EventSource};

const PREFIX: &str = "ce-";

/// How a message carries its event or events.
enum Mode {
    Binary(Option<MediaType>),
    Structured(MediaType),
    Batched(MediaType),
}

/// Decodes one event in binary or structured content mode.
///
/// In binary mode an empty body is no data, unless the `Content-Type` is one that an empty body is
/// valid for.
///
/// # Errors
///
/// Where the message is not a `CloudEvent`, is malformed, breaks the specification, has an event
/// format that is not registered, or is a batch.
pub fn decode(headers: &HeaderMap, body: Bytes) -> Result<Event, DecodeError> {
    match mode(headers)? {
        Mode::Binary(media_type) => binary(headers, media_type)?.into_event(body),
        Mode::Structured(media_type) => format_for(&media_type)?.decode(body),
        Mode::Batched(_) => Err(DecodeError::not_an_event(
            "a batch of events, where one is expected",
        )),
    }
}

/// Decodes a batch; a message in another content mode is taken as a batch of one.
///
/// # Errors
///
/// As for [`decode`]; one element that is not a valid event refuses the batch.
pub fn decode_batch(headers: &HeaderMap, body: Bytes) -> Result<Vec<Event>, DecodeError> {
    match mode(headers)? {
        Mode::Batched(media_type) => format_for(&media_type)?.decode_batch(body),
        Mode::Binary(_) | Mode::Structured(_) => decode(headers, body).map(|event| vec![event]),
    }
}

/// Decodes one event straight into a derived type, with nothing in between.
///
/// # Errors
///
/// As for [`decode`], or where the event is not a `T`.
pub fn decode_as<T: CloudEvent>(headers: &HeaderMap, body: Bytes) -> Result<T, DecodeError> {
    match mode(headers)? {
        Mode::Binary(media_type) => {
            let Binary { envelope, .. } = binary(headers, media_type)?;
            T::from_source(Message { envelope, body })
        }
        Mode::Structured(media_type) if format::is_json(&media_type) => Json.decode_as(&body),
        Mode::Structured(_) | Mode::Batched(_) => T::from_source(&decode(headers, body)?),
    }
}

/// Finds the content mode: the longer prefix first, then binary (section 3).
fn mode(headers: &HeaderMap) -> Result<Mode, DecodeError> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let Some(value) = values.next() else {
        return Ok(Mode::Binary(None));
    };
    let wrong = |text: &str, expected| {
        Violation::new(name::DATACONTENTTYPE, text, expected, "HTTP binding, 3.1.1")
    };
    let text = value.to_str().map_err(|_| {
        wrong(
            &String::from_utf8_lossy(value.as_bytes()),
            "printable ASCII",
        )
    })?;
    if values.next().is_some() {
        return Err(wrong(text, "one `Content-Type` header").into());
    }
    let media_type = MediaType::parse(text).map_err(|_| wrong(text, "a media type"))?;
    Ok(match media_type.essence() {
        essence if essence.starts_with("application/cloudevents-batch") => {
            Mode::Batched(media_type)
        }
        essence if essence.starts_with("application/cloudevents") => Mode::Structured(media_type),
        _ => Mode::Binary(Some(media_type)),
    })
}

fn format_for(media_type: &MediaType) -> Result<Arc<dyn Format>, DecodeError> {
    format::lookup(media_type).ok_or_else(|| DecodeError::no_format(media_type.essence()))
}

/// The attributes of a message in binary content mode.
struct Binary<'a> {
    envelope: Envelope<'a>,
    media_type: Option<MediaType>,
}

fn binary(headers: &HeaderMap, media_type: Option<MediaType>) -> Result<Binary<'_>, DecodeError> {
    if !headers.contains_key("ce-specversion")
        && !headers.contains_key("ce-id")
        && !headers.contains_key("ce-type")
    {
        let reason = "neither an `application/cloudevents` content type nor `ce-` headers";
        return Err(DecodeError::not_an_event(reason));
    }
    let mut envelope = Envelope::default();
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
    if let Some(media_type) = &media_type {
        envelope.set(
            Cow::Borrowed(name::DATACONTENTTYPE),
            Scalar::Text(media_type.to_string().into()),
        );
    }
    Ok(Binary {
        envelope,
        media_type,
    })
}

impl Binary<'_> {
    fn into_event(self, body: Bytes) -> Result<Event, DecodeError> {
        let Self {
            mut envelope,
            media_type,
        } = self;
        let data = if is_absent(&body, envelope.text(name::DATACONTENTTYPE)) {
            None
        } else {
            match Data::from_body(body, media_type.as_ref()) {
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

fn not_json(error: serde_json::Error) -> DecodeError {
    DecodeError::malformed("JSON data", error)
}

/// Returns whether an empty body means that there is no data.
fn is_absent(body: &Bytes, content_type: Option<&str>) -> bool {
    body.is_empty() && content_type.is_none_or(declares_json)
}

/// A message in binary mode that is about to become a typed value.
struct Message<'a> {
    envelope: Envelope<'a>,
    body: Bytes,
}

impl Message<'_> {
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
