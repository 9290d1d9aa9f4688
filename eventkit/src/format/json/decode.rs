//! Reads the members of a JSON event, into an event or straight into a typed value.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use bytestring::ByteString;

use super::cursor::Cursor;
use crate::error::DecodeError;
use crate::event::json::Malformed;
use crate::event::{
    Data, DataKind, Envelope, Event, Limits, Scalar, Violation, declares_json, name,
};

pub(super) const OBJECT: &str =
    "expected one object with string, boolean, integer or null members, and `data`";
const BATCH: &str = "expected an array of event objects";

/// Reads the data that is next, as it stands or as a type, and returns where it is.
///
/// It is no type parameter: what reads the members around is compiled once, and not for each type.
pub(super) type AtData<'r, 'a> =
    &'r mut dyn FnMut(&mut Cursor<'a>, &mut Envelope<'a>) -> Result<Range<usize>, Malformed>;

/// Where the data of an event stands in the text.
enum Payload<'a> {
    Json(Range<usize>),
    Base64(Cow<'a, str>),
}

/// The data of an event once its content type is known.
pub(super) enum Content {
    Json(Range<usize>),
    Text(String),
    Binary(Vec<u8>),
}

impl Content {
    /// Returns the bytes of the data of an event whose text this is.
    pub(super) fn bytes<'a>(&'a self, text: &'a str) -> &'a [u8] {
        match self {
            Self::Json(place) => text[place.clone()].as_bytes(),
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    /// Makes data of it, which shares the message where it stands there.
    pub(super) fn into_data(self, message: &ByteString) -> Data {
        match self {
            Self::Json(place) => {
                Data::new_unchecked(DataKind::Json, message.as_bytes().slice(place))
            }
            Self::Text(text) => Data::text(text),
            Self::Binary(bytes) => Data::binary(bytes),
        }
    }
}

/// Finds out what the data is (section 3.1.2); what is wrong with it is noted.
fn settle(
    payload: Option<Payload<'_>>,
    envelope: &mut Envelope<'_>,
    text: &str,
) -> Option<Content> {
    let content_type = envelope.text(name::DATACONTENTTYPE);
    let content = match payload? {
        Payload::Base64(text) => BASE64_STANDARD
            .decode(text.as_bytes())
            .map(Content::Binary)
            .map_err(|error| not_base64(&text, &error)),
        Payload::Json(place) if content_type.is_none_or(declares_json) => Ok(Content::Json(place)),
        Payload::Json(place) => serde_json::from_str(&text[place.clone()])
            .map(Content::Text)
            .map_err(|_| not_text(&text[place])),
    };
    content.map_err(|violation| envelope.refuse(violation)).ok()
}

/// Decodes one event; its attributes and its JSON data share the bytes.
pub(super) fn event(bytes: Bytes, limits: Limits) -> Result<Event, DecodeError> {
    let message = message(bytes, limits)?;
    let mut envelope = Envelope::with_limits(limits);
    let content = object(&message, &mut envelope, &mut skip)?;
    into_event(envelope, content, &message)
}

/// Decodes a batch; the first element that is not an event refuses it.
pub(super) fn batch(bytes: Bytes, limits: Limits) -> Result<Vec<Event>, DecodeError> {
    let message = message(bytes, limits)?;
    let mut events = Vec::new();
    elements(&message, |cursor| {
        let count = limits.check_batch_events(events.len() + 1);
        count.map_err(DecodeError::from)?;
        let mut envelope = Envelope::with_limits(limits);
        let payload = members(cursor, &mut envelope, &mut skip)?;
        let content = settle(payload, &mut envelope, &message);
        let event = into_event(envelope, content, &message);
        events.push(event.map_err(|error| error.in_element(events.len()))?);
        Ok(())
    })?;
    Ok(events)
}

/// Walks through the elements of the one array that a text is.
pub(super) fn elements<'a>(
    text: &'a str,
    element: impl FnMut(&mut Cursor<'a>) -> Result<(), Refusal>,
) -> Result<(), DecodeError> {
    let mut cursor = Cursor::new(text);
    let read = cursor.elements(b'[', b']', element);
    match read.and_then(|()| Ok(cursor.end()?)) {
        Ok(()) => Ok(()),
        Err(Refusal::Malformed) => Err(Cursor::explain(text, BATCH)),
        Err(Refusal::Invalid(error)) => Err(error),
    }
}

/// Says why a batch is not taken.
pub(super) enum Refusal {
    Malformed,
    Invalid(DecodeError),
}

impl From<Malformed> for Refusal {
    fn from(Malformed: Malformed) -> Self {
        Self::Malformed
    }
}

impl From<DecodeError> for Refusal {
    fn from(error: DecodeError) -> Self {
        Self::Invalid(error)
    }
}

/// Takes a message for JSON that is within the limits of a body.
pub(super) fn message(bytes: Bytes, limits: Limits) -> Result<ByteString, DecodeError> {
    limits.check_body_bytes(bytes.len())?;
    ByteString::try_from(bytes).map_err(|error| DecodeError::malformed("JSON", error))
}

/// Takes bytes for JSON that is within the limits of a body.
pub(super) fn text(bytes: &[u8], limits: Limits) -> Result<&str, DecodeError> {
    limits.check_body_bytes(bytes.len())?;
    std::str::from_utf8(bytes).map_err(|error| DecodeError::malformed("JSON", error))
}

/// Reads all members of the one object that a text is; `data` is left to the caller.
pub(super) fn object<'a>(
    text: &'a str,
    envelope: &mut Envelope<'a>,
    data: AtData<'_, 'a>,
) -> Result<Option<Content>, DecodeError> {
    let mut cursor = Cursor::new(text);
    let payload = members(&mut cursor, envelope, data);
    let payload = payload.and_then(|payload| cursor.end().map(|()| payload));
    match payload {
        Ok(payload) => Ok(settle(payload, envelope, text)),
        Err(Malformed) => Err(Cursor::explain(text, OBJECT)),
    }
}

/// Checks the data that is next, and leaves it as it is.
pub(super) fn skip(
    cursor: &mut Cursor<'_>,
    envelope: &mut Envelope<'_>,
) -> Result<Range<usize>, Malformed> {
    let (place, depth) = cursor.skip()?;
    envelope.limit_depth(depth);
    Ok(place)
}

/// Reads all members of the object that is next; `data` is left to the caller.
fn members<'a>(
    cursor: &mut Cursor<'a>,
    envelope: &mut Envelope<'a>,
    data: AtData<'_, 'a>,
) -> Result<Option<Payload<'a>>, Malformed> {
    let mut payload = None;
    let mut seen = [false; 2];
    cursor.elements(b'{', b'}', |cursor| {
        cursor.attributes(envelope);
        let member = if cursor.take_name(b"\"data\":") {
            Cow::Borrowed(name::DATA)
        } else {
            cursor.member_name()?
        };
        let (at, found) = match member.as_ref() {
            name::DATA => {
                let place = data(cursor, envelope)?;
                (0, Some(Payload::Json(place)))
            }
            name::DATA_BASE64 => (1, base64_member(cursor, envelope)?),
            _ => return attribute(member, cursor, envelope),
        };
        if std::mem::replace(&mut seen[at], true) || (found.is_some() && payload.is_some()) {
            let expected = "one of `data` and `data_base64`, once";
            envelope.refuse(Violation::new(
                member.into_owned(),
                "",
                expected,
                "JSON format, 3.1.1",
            ));
        }
        payload = found.or(payload.take());
        Ok(())
    })?;
    Ok(payload)
}

/// Reads the value of an attribute whose name has been read.
fn attribute<'a>(
    name: Cow<'a, str>,
    cursor: &mut Cursor<'a>,
    envelope: &mut Envelope<'a>,
) -> Result<(), Malformed> {
    if let Cow::Borrowed(name) = name
        && let Some(text) = cursor.plain_ascii()
    {
        envelope.set_plain(name, text);
        return Ok(());
    }
    let value = scalar(&name, cursor, envelope)?;
    envelope.set(name, value);
    Ok(())
}

fn base64_member<'a>(
    cursor: &mut Cursor<'a>,
    envelope: &mut Envelope<'a>,
) -> Result<Option<Payload<'a>>, Malformed> {
    match scalar(name::DATA_BASE64, cursor, envelope)? {
        Scalar::Plain(text) => Ok(Some(Payload::Base64(Cow::Borrowed(text)))),
        Scalar::Text(text) => Ok(Some(Payload::Base64(text))),
        Scalar::Null | Scalar::Refused => Ok(None),
        Scalar::Boolean(_) | Scalar::Integer(_) => {
            let expected = "a JSON string with Base64";
            envelope.refuse(Violation::new(
                name::DATA_BASE64,
                "",
                expected,
                "JSON format, 3.1.1",
            ));
            Ok(None)
        }
    }
}

/// Reads the value of an attribute; one of another JSON type is noted and skipped.
fn scalar<'a>(
    member: &str,
    cursor: &mut Cursor<'a>,
    envelope: &mut Envelope<'a>,
) -> Result<Scalar<'a>, Malformed> {
    let is_string = cursor.peek() == Some(b'"');
    if is_string && let Ok(text) = cursor.string() {
        return Ok(Scalar::Text(text));
    }
    let (place, _) = cursor.skip()?;
    match cursor.slice(&place) {
        "null" => return Ok(Scalar::Null),
        "true" => return Ok(Scalar::Boolean(true)),
        "false" => return Ok(Scalar::Boolean(false)),
        other => {
            if let Ok(number) = other.parse() {
                return Ok(Scalar::Integer(number));
            }
            let (expected, section) = if is_string {
                ("text without unpaired surrogates", "core, Type System")
            } else {
                let types =
                    "a JSON string, a Boolean, or an Integer from -2147483648 to 2147483647";
                (types, "JSON format, 2.2")
            };
            envelope.refuse(Violation::new(member.to_owned(), other, expected, section));
        }
    }
    Ok(Scalar::Refused)
}

fn into_event(
    envelope: Envelope<'_>,
    content: Option<Content>,
    message: &ByteString,
) -> Result<Event, DecodeError> {
    // Attributes alone do not keep a message alive.
    let shared = matches!(content, Some(Content::Json(_))).then_some(message);
    let data = content.map(|content| content.into_data(message));
    envelope.into_event(data, shared)
}

fn not_base64(text: &str, error: &base64::DecodeError) -> Violation {
    Violation::new(
        name::DATA_BASE64,
        text,
        format!("Base64 ({error})"),
        "JSON format, 3.1.2",
    )
}

fn not_text(json: &str) -> Violation {
    let expected = "a JSON string, since `datacontenttype` does not declare JSON";
    Violation::new(name::DATA, json, expected, "JSON format, 3.1.2")
}
