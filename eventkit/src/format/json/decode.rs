//! Reads the members of a JSON event, into an event or straight into a typed value.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;

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
pub(super) type ReadData<'r, 'a> =
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
}

/// An event whose members have been read, but not checked.
pub(super) struct Members<'a> {
    envelope: Envelope<'a>,
    payload: Option<Payload<'a>>,
}

impl<'a> Members<'a> {
    /// Finds out what the data is (section 3.1.2); what is wrong with it is noted.
    pub(super) fn settle(mut self, text: &str) -> (Envelope<'a>, Option<Content>) {
        let content_type = self.envelope.text(name::DATACONTENTTYPE);
        let content = self.payload.map(|payload| match payload {
            Payload::Base64(text) => BASE64_STANDARD
                .decode(text.as_bytes())
                .map(Content::Binary)
                .map_err(|error| not_base64(&text, &error)),
            Payload::Json(place) if content_type.is_none_or(declares_json) => {
                Ok(Content::Json(place))
            }
            Payload::Json(place) => serde_json::from_str(&text[place.clone()])
                .map(Content::Text)
                .map_err(|_| not_text(&text[place])),
        });
        let content = content.transpose().unwrap_or_else(|violation| {
            self.envelope.refuse(violation);
            None
        });
        (self.envelope, content)
    }
}

/// Decodes one event; its JSON data shares the bytes.
pub(super) fn event(bytes: &Bytes, limits: Limits) -> Result<Event, DecodeError> {
    let text = text(bytes, limits)?;
    let (envelope, data) = unchecked(text, bytes, limits)?;
    envelope.into_event(data)
}

/// Decodes a batch; the first element that is not an event refuses it.
pub(super) fn batch(bytes: &Bytes, limits: Limits) -> Result<Vec<Event>, DecodeError> {
    let text = text(bytes, limits)?;
    let mut events = Vec::new();
    elements(text, |cursor| {
        let count = limits.check_batch_events(events.len() + 1);
        count.map_err(DecodeError::from)?;
        let members = members(cursor, limits, &mut skip)?;
        let event =
            into_event(members, text, bytes).map_err(|error| error.in_element(events.len()))?;
        events.push(event);
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

/// Takes bytes for JSON that is within the limits of a body.
pub(super) fn text(bytes: &[u8], limits: Limits) -> Result<&str, DecodeError> {
    limits.check_body_bytes(bytes.len())?;
    std::str::from_utf8(bytes).map_err(|error| DecodeError::malformed("JSON", error))
}

/// Reads all members of the one object that a text is; `data` is left to the caller.
pub(super) fn object<'a>(
    text: &'a str,
    limits: Limits,
    data: ReadData<'_, 'a>,
) -> Result<Members<'a>, DecodeError> {
    let mut cursor = Cursor::new(text);
    let members = members(&mut cursor, limits, data);
    let members = members.and_then(|members| cursor.end().map(|()| members));
    members.map_err(|Malformed| Cursor::explain(text, OBJECT))
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
    limits: Limits,
    data: ReadData<'_, 'a>,
) -> Result<Members<'a>, Malformed> {
    let mut envelope = Envelope::with_limits(limits);
    let mut payload = None;
    let mut seen = [false; 2];
    cursor.elements(b'{', b'}', |cursor| {
        let member = cursor.member_name()?;
        let (at, found) = match member.as_ref() {
            name::DATA => {
                let place = data(cursor, &mut envelope)?;
                (0, Some(Payload::Json(place)))
            }
            name::DATA_BASE64 => (1, base64_member(cursor, &mut envelope)?),
            _ => {
                if let Cow::Borrowed(name) = member
                    && let Some(text) = cursor.plain_string()
                {
                    envelope.set_text(name, text);
                    return Ok(());
                }
                let value = scalar(&member, cursor, &mut envelope)?;
                envelope.set(member, value);
                return Ok(());
            }
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
        Ok::<(), Malformed>(())
    })?;
    Ok(Members { envelope, payload })
}

fn base64_member<'a>(
    cursor: &mut Cursor<'a>,
    envelope: &mut Envelope<'a>,
) -> Result<Option<Payload<'a>>, Malformed> {
    match scalar(name::DATA_BASE64, cursor, envelope)? {
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

fn into_event(members: Members<'_>, text: &str, bytes: &Bytes) -> Result<Event, DecodeError> {
    let (envelope, data) = with_data(members, text, bytes);
    envelope.into_event(data)
}

/// Reads one event, but does not check it.
pub(super) fn unchecked<'a>(
    text: &'a str,
    bytes: &Bytes,
    limits: Limits,
) -> Result<(Envelope<'a>, Option<Data>), DecodeError> {
    let members = object(text, limits, &mut skip)?;
    Ok(with_data(members, text, bytes))
}

fn with_data<'a>(members: Members<'a>, text: &str, bytes: &Bytes) -> (Envelope<'a>, Option<Data>) {
    let (envelope, content) = members.settle(text);
    let data = content.map(|content| match content {
        Content::Json(place) => Data::new_unchecked(DataKind::Json, bytes.slice(place)),
        Content::Text(text) => Data::text(text),
        Content::Binary(bytes) => Data::binary(bytes),
    });
    (envelope, data)
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
