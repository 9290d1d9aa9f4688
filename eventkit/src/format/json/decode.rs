//! The decoder of JSON events, into an event or directly into a typed value.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use bytestring::ByteString;

use super::scan::{Malformed, Scanner, explain};
use crate::codec::{JsonSeed, decode_into};
use crate::error::DecodeError;
use crate::event::json::byte_order_mark;
use crate::event::{
    Data, DataKind, Event, JSON, Limits, PartialEvent, Scalar, Violation, declares_json, name,
};
use crate::typed::{AttributeSource, CloudEvent, EventReader};

pub(super) const OBJECT: &str =
    "expected one object with string, boolean, integer or null members, and `data`";
pub(super) const BATCH: &str = "expected an array of event objects";
const NOT_A_BATCH: &str = "expected one object; an array of events has the content type `application/cloudevents-batch+json`";
const NOT_ONE_EVENT: &str = "expected an array of event objects; one event has the content type `application/cloudevents+json`";

/// A function that reads the next value as data, either unparsed or as a type, and returns its
/// range.
///
/// It is a trait object, so that the code that reads the other members is compiled once, rather
/// than for each type.
pub(super) type DataReader<'r, 'a> =
    &'r mut dyn FnMut(&mut Scanner<'a>, &mut PartialEvent<'a>) -> Result<Range<usize>, Malformed>;

/// The data of an event as it appears in the text.
enum RawData<'a> {
    Json(Range<usize>),
    Base64(Cow<'a, str>),
}

/// The data of an event, once its content type is known.
pub(super) enum ResolvedData {
    Json(Range<usize>),
    Text(String),
    Binary(Vec<u8>),
}

impl ResolvedData {
    /// Returns the bytes of the data; `text` is the text of the event.
    fn bytes<'a>(&'a self, text: &'a str) -> &'a [u8] {
        match self {
            Self::Json(range) => text[range.clone()].as_bytes(),
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    /// Creates data that shares the memory of the message if possible.
    pub(super) fn into_data(self, message: &ByteString) -> Data {
        match self {
            Self::Json(range) => {
                Data::new_unchecked(DataKind::Json, message.as_bytes().slice(range))
            }
            Self::Text(text) => Data::text(text),
            Self::Binary(bytes) => Data::binary(bytes),
        }
    }
}

/// Decodes one event; its attributes and its JSON data share the bytes.
pub(super) fn event(bytes: Bytes, limits: Limits) -> Result<Event, DecodeError> {
    let message = message(bytes, limits)?;
    let mut event = PartialEvent::with_limits(limits);
    let content = object(&message, &mut event, &mut skip)?;
    into_event(event, content, &message)
}

/// Decodes a batch; fails at the first element that is not a valid event.
pub(super) fn batch(bytes: Bytes, limits: Limits) -> Result<Vec<Event>, DecodeError> {
    let message = message(bytes, limits)?;
    let mut events = Vec::new();
    elements(&message, *b"[]", BATCH, |scanner| {
        let count = limits.check_batch_events(events.len() + 1);
        count.map_err(DecodeError::from)?;
        let mut event = PartialEvent::with_limits(limits);
        let data = members(scanner, &mut event, &mut skip)?;
        let content = resolve_data(data, &mut event, &message);
        let event = into_event(event, content, &message);
        events.push(event.map_err(|error| error.in_element(events.len()))?);
        Ok(())
    })?;
    Ok(events)
}

/// Decodes one event directly into a derived type.
pub(super) fn typed<T: CloudEvent>(bytes: &[u8], limits: Limits) -> Result<T, DecodeError> {
    let text = text(bytes, limits)?;
    let event = &mut PartialEvent::with_limits(limits);
    T::from_reader(&mut JsonReader {
        text,
        event,
        limits,
    })
}

/// Visits the elements of a text that consists of one array or object.
pub(super) fn elements<'a>(
    text: &'a str,
    brackets: [u8; 2],
    expected: &'static str,
    element: impl FnMut(&mut Scanner<'a>) -> Result<(), ElementError>,
) -> Result<(), DecodeError> {
    let mut scanner = Scanner::new(text);
    let read = scanner.elements(brackets, element);
    match read.and_then(|()| Ok(scanner.end()?)) {
        Ok(()) => Ok(()),
        Err(ElementError::Malformed) => Err(malformed(text, expected)),
        Err(ElementError::Invalid(error)) => Err(error),
    }
}

/// Returns the error for malformed text. The text may be in the other of the two JSON formats: an
/// event instead of a batch, or vice versa.
fn malformed(text: &str, expected: &'static str) -> DecodeError {
    let first = text.trim_start().bytes().next();
    explain(
        text,
        match (expected, first) {
            (OBJECT, Some(b'[')) => NOT_A_BATCH,
            (BATCH, Some(b'{')) => NOT_ONE_EVENT,
            _ => expected,
        },
    )
}

/// An error from reading an element.
pub(super) enum ElementError {
    Malformed,
    Invalid(DecodeError),
}

impl From<Malformed> for ElementError {
    fn from(Malformed: Malformed) -> Self {
        Self::Malformed
    }
}

impl From<DecodeError> for ElementError {
    fn from(error: DecodeError) -> Self {
        Self::Invalid(error)
    }
}

/// Checks the size and the character encoding of a message.
pub(super) fn message(bytes: Bytes, limits: Limits) -> Result<ByteString, DecodeError> {
    limits.check_body_bytes(bytes.len())?;
    check_start(&bytes)?;
    ByteString::try_from(bytes).map_err(|error| DecodeError::malformed("JSON", error))
}

/// Checks the size and the character encoding of a message that is not shared.
pub(super) fn text(bytes: &[u8], limits: Limits) -> Result<&str, DecodeError> {
    limits.check_body_bytes(bytes.len())?;
    check_start(bytes)?;
    std::str::from_utf8(bytes).map_err(|error| DecodeError::malformed("JSON", error))
}

/// Refuses a byte order mark, with an error that names it.
fn check_start(bytes: &[u8]) -> Result<(), DecodeError> {
    let mark = byte_order_mark(bytes);
    mark.map_or(Ok(()), |reason| {
        Err(DecodeError::malformed_because("JSON", reason))
    })
}

/// Reads all members of a text that consists of one object.
pub(super) fn object<'a>(
    text: &'a str,
    event: &mut PartialEvent<'a>,
    read_data: DataReader<'_, 'a>,
) -> Result<Option<ResolvedData>, DecodeError> {
    let mut scanner = Scanner::new(text);
    let data = members(&mut scanner, event, read_data);
    let data = data.and_then(|data| scanner.end().map(|()| data));
    match data {
        Ok(data) => Ok(resolve_data(data, event, text)),
        Err(Malformed) => Err(malformed(text, OBJECT)),
    }
}

/// Skips the data at the current position, and checks its depth.
pub(super) fn skip(
    scanner: &mut Scanner<'_>,
    event: &mut PartialEvent<'_>,
) -> Result<Range<usize>, Malformed> {
    let (data, depth) = scanner.skip()?;
    event.limit_depth(depth);
    Ok(data)
}

/// Reads all members of the object at the current position.
fn members<'a>(
    scanner: &mut Scanner<'a>,
    event: &mut PartialEvent<'a>,
    read_data: DataReader<'_, 'a>,
) -> Result<Option<RawData<'a>>, Malformed> {
    let mut data = None;
    let mut seen = [false; 2];
    scanner.elements(*b"{}", |scanner| {
        string_members(scanner, event);
        let member = scanner.member_name()?;
        let (at, found) = match &*member {
            name::DATA => (0, Some(RawData::Json(read_data(scanner, event)?))),
            name::DATA_BASE64 => (1, base64(scanner, event)?),
            _ => {
                let value = scalar(&member, scanner, event)?;
                event.set(member, value);
                return Ok(());
            }
        };
        if std::mem::replace(&mut seen[at], true) || (found.is_some() && data.is_some()) {
            let value = match &found {
                Some(RawData::Json(range)) => scanner.slice(range),
                Some(RawData::Base64(text)) => text,
                None => "",
            };
            let expected = "either `data` or `data_base64`, once";
            let (member, section) = (member.into_owned(), "JSON format, 3.1.1");
            event.add_violation(Violation::new(member, value, expected, section));
        }
        data = found.or(data.take());
        Ok(())
    })?;
    Ok(data)
}

/// Reads attributes that are written in the most common form, which takes few steps.
fn string_members<'a>(scanner: &mut Scanner<'a>, event: &mut PartialEvent<'a>) {
    while let Some((name, value, next)) = scanner.peek_string_member() {
        if matches!(name, name::DATA | name::DATA_BASE64) {
            return;
        }
        event.set_text(name, value);
        scanner.skip_to(next);
    }
}

/// Reads the value of `data_base64`.
fn base64<'a>(
    scanner: &mut Scanner<'a>,
    event: &mut PartialEvent<'a>,
) -> Result<Option<RawData<'a>>, Malformed> {
    Ok(match scalar(name::DATA_BASE64, scanner, event)? {
        Scalar::Text(text) => Some(RawData::Base64(text)),
        Scalar::Null | Scalar::Invalid => None,
        other @ (Scalar::Boolean(_) | Scalar::Integer(_) | Scalar::Typed(_)) => {
            let (expected, section) = ("a JSON string with Base64", "JSON format, 3.1.1");
            let value = other.text();
            event.add_violation(Violation::new(name::DATA_BASE64, &value, expected, section));
            None
        }
    })
}

/// Reads the value of an attribute; a value of another JSON type is recorded as a violation and
/// skipped.
fn scalar<'a>(
    member: &str,
    scanner: &mut Scanner<'a>,
    event: &mut PartialEvent<'a>,
) -> Result<Scalar<'a>, Malformed> {
    let is_string = scanner.peek() == Some(b'"');
    if is_string && let Ok(text) = scanner.string() {
        return Ok(Scalar::Text(text));
    }
    let (value, _) = scanner.skip()?;
    let json = scanner.slice(&value);
    Ok(Scalar::from_json(json).unwrap_or_else(|| {
        event.add_violation(not_scalar(member, json, is_string));
        Scalar::Invalid
    }))
}

/// Resolves the kind of the data (section 3.1.2), and records violations.
fn resolve_data(
    data: Option<RawData<'_>>,
    event: &mut PartialEvent<'_>,
    text: &str,
) -> Option<ResolvedData> {
    let content_type = event.content_type();
    let content = match data? {
        RawData::Base64(text) => BASE64_STANDARD
            .decode(text.as_bytes())
            .map(ResolvedData::Binary)
            .map_err(|error| not_base64(&text, &error)),
        RawData::Json(range) if content_type.is_none_or(declares_json) => {
            Ok(ResolvedData::Json(range))
        }
        RawData::Json(range) => serde_json::from_str(&text[range.clone()])
            .map(ResolvedData::Text)
            .map_err(|_| not_text(&text[range])),
    };
    content
        .map_err(|violation| event.add_violation(violation))
        .ok()
}

fn into_event(
    event: PartialEvent<'_>,
    content: Option<ResolvedData>,
    message: &ByteString,
) -> Result<Event, DecodeError> {
    // The attributes alone must not keep the whole message in memory.
    let shared = matches!(content, Some(ResolvedData::Json(_))).then_some(message);
    let data = content.map(|content| content.into_data(message));
    event.into_event(data, shared)
}

/// A reader of a typed value from a JSON event.
struct JsonReader<'e, 'a> {
    text: &'a str,
    /// Borrowed, since it is too large to be moved.
    event: &'e mut PartialEvent<'a>,
    limits: Limits,
}

impl<'a> JsonReader<'_, 'a> {
    /// Reads and checks the whole event, except for the data.
    fn check(
        &mut self,
        ty: &'static str,
        read_data: DataReader<'_, 'a>,
    ) -> Result<Option<ResolvedData>, DecodeError> {
        let content = object(self.text, self.event, read_data)?;
        self.event.check()?;
        self.event.expect_type(ty)?;
        if matches!(content, Some(ResolvedData::Json(_))) {
            self.event.imply(name::DATACONTENTTYPE_AT, JSON);
        }
        Ok(content)
    }
}

impl EventReader for JsonReader<'_, '_> {
    fn event_type(&self) -> Result<Cow<'_, str>, DecodeError> {
        if let Some(ty) = find_type(self.text) {
            return Ok(ty);
        }
        let mut event = PartialEvent::with_limits(self.limits);
        object(self.text, &mut event, &mut skip)?;
        event.require_type().map(|ty| Cow::Owned(ty.to_owned()))
    }

    fn read(&mut self, ty: &'static str, seed: &mut dyn JsonSeed) -> Result<(), DecodeError> {
        let target = seed.type_name();
        let mut in_place = None;
        let content = self.check(ty, &mut |scanner, event| {
            if may_be_json_of(ty, event) {
                match scanner.read_into(seed) {
                    Ok(data) => {
                        in_place = Some(Ok(()));
                        event.limit_depth_of(scanner.slice(&data).as_bytes());
                        return Ok(data);
                    }
                    Err(error) => in_place = Some(Err(error)),
                }
            }
            skip(scanner, event)
        })?;
        if let (Some(ResolvedData::Json(_)), Some(read)) = (&content, in_place) {
            return read.map_err(|error| DecodeError::data_of(target, error.into()));
        }
        let bytes = content.as_ref().map(|content| content.bytes(self.text));
        decode_into(seed, bytes, self.event.content_type())
    }

    fn read_attributes(&mut self, ty: &'static str) -> Result<(), DecodeError> {
        self.check(ty, &mut skip).map(drop)
    }

    fn read_event(&mut self) -> Result<Event, DecodeError> {
        event(Bytes::copy_from_slice(self.text.as_bytes()), self.limits)
    }

    fn attributes(&self) -> &dyn AttributeSource {
        &*self.event
    }
}

/// Finds the type of an event, without reading what follows it.
fn find_type(text: &str) -> Option<Cow<'_, str>> {
    enum Stop<'a> {
        Malformed,
        Found(Cow<'a, str>),
    }

    impl From<Malformed> for Stop<'_> {
        fn from(Malformed: Malformed) -> Self {
            Self::Malformed
        }
    }

    let mut scanner = Scanner::new(text);
    let all = scanner.elements(*b"{}", |scanner| {
        if scanner.member_name()? == name::TYPE {
            return Err(Stop::Found(scanner.string()?));
        }
        scanner.skip()?;
        Ok(())
    });
    match all {
        Err(Stop::Found(ty)) => Some(ty),
        _ => None,
    }
}

/// Returns whether the attributes read so far allow JSON data of a type.
fn may_be_json_of(ty: &str, event: &PartialEvent<'_>) -> bool {
    let content_type = event.content_type();
    event.text(name::TYPE).is_none_or(|found| found == ty) && content_type.is_none_or(declares_json)
}

fn not_scalar(member: &str, json: &str, is_string: bool) -> Violation {
    let (expected, section) = if is_string {
        ("text without unpaired surrogates", "core, Type System")
    } else {
        let types = "a JSON string, a Boolean, or an Integer from -2147483648 to 2147483647";
        (types, "JSON format, 2.2")
    };
    Violation::new(member.to_owned(), json, expected, section)
}

fn not_base64(text: &str, error: &base64::DecodeError) -> Violation {
    let expected = format!("Base64 ({error})");
    Violation::new(name::DATA_BASE64, text, expected, "JSON format, 3.1.2")
}

fn not_text(json: &str) -> Violation {
    let expected = "a JSON string, since `datacontenttype` does not declare JSON";
    Violation::new(name::DATA, json, expected, "JSON format, 3.1.2")
}
