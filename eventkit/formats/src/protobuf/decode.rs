//! The decoder of Protobuf events.

use std::borrow::Cow;

use bytes::Bytes;
use chrono::DateTime;
use eventkit::binding::BinaryReader;
use eventkit::event::{
    AttributeError, AttributeRef, AttributeValue, Data, Timestamp, Uri, UriReference, Violation,
};
use eventkit::{DecodeError, Event, Limits};

use super::fields;
use super::reader::{Field, Malformed, Message, set};
use super::type_url::{self, PROTOBUF};

/// The attributes that have a field of their own, and so are not in the map.
const REQUIRED: [&str; 4] = ["id", "source", "specversion", "type"];

/// Decodes one event, whose data shares the bytes.
pub(super) fn event(bytes: &Bytes, limits: Limits) -> Result<Event, DecodeError> {
    limits.check_body_bytes(bytes.len())?;
    event_in(bytes, bytes, limits)
}

/// Decodes a batch; fails at the first element that is not a valid event.
pub(super) fn batch(bytes: &Bytes, limits: Limits) -> Result<Vec<Event>, DecodeError> {
    limits.check_body_bytes(bytes.len())?;
    let mut message = Message::new(bytes);
    let mut events = Vec::new();
    while let Some(field) = message.next().map_err(malformed)? {
        if field.number == fields::batch::EVENTS {
            limits.check_batch_events(events.len() + 1)?;
            let event = field.bytes("events").map_err(malformed)?;
            let event = event_in(event, bytes, limits);
            events.push(event.map_err(|error| error.in_element(events.len()))?);
        }
    }
    Ok(events)
}

fn malformed(reason: Malformed) -> DecodeError {
    DecodeError::malformed("Protobuf", reason)
}

/// Decodes an event from a part of the bytes.
fn event_in(message: &[u8], bytes: &Bytes, limits: Limits) -> Result<Event, DecodeError> {
    let mut event = PartialMessage::new(limits);
    event.read(message).map_err(malformed)?;
    event.finish(bytes)
}

/// `CloudEvent`, while it is read.
struct PartialMessage<'a> {
    reader: BinaryReader<'a>,
    content_type: Option<&'a str>,
    schema: Option<&'a str>,
    data: Option<DataField<'a>>,
}

/// The field of the `oneof data`.
enum DataField<'a> {
    Binary(&'a [u8]),
    Text(&'a [u8]),
    Message { type_url: &'a str, value: &'a [u8] },
}

impl<'a> PartialMessage<'a> {
    fn new(limits: Limits) -> Self {
        Self {
            reader: BinaryReader::new(limits),
            content_type: None,
            schema: None,
            data: None,
        }
    }

    fn read(&mut self, message: &'a [u8]) -> Result<(), Malformed> {
        let mut message = Message::new(message);
        while let Some(field) = message.next()? {
            match field.number {
                fields::event::ID => self.required("id", field)?,
                fields::event::SOURCE => self.required("source", field)?,
                fields::event::SPEC_VERSION => self.required("specversion", field)?,
                fields::event::TYPE => self.required("type", field)?,
                fields::event::ATTRIBUTES => self.entry(field.bytes("attributes")?)?,
                fields::event::BINARY_DATA => {
                    let bytes = field.bytes("binary_data")?;
                    set(&mut self.data, "data", DataField::Binary(bytes))?;
                }
                fields::event::TEXT_DATA => {
                    let text = field.bytes("text_data")?;
                    set(&mut self.data, "data", DataField::Text(text))?;
                }
                fields::event::PROTO_DATA => {
                    let any = any(field.bytes("proto_data")?)?;
                    set(&mut self.data, "data", any)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn required(&mut self, name: &'static str, field: Field<'a>) -> Result<(), Malformed> {
        let text = field.text(name)?;
        self.reader.attribute(name, AttributeRef::Text(text));
        Ok(())
    }

    /// Reads an entry of the map `attributes`.
    fn entry(&mut self, entry: &'a [u8]) -> Result<(), Malformed> {
        let mut entry = Message::new(entry);
        let (mut name, mut value) = (None, None);
        while let Some(field) = entry.next()? {
            match field.number {
                fields::entry::KEY => set(&mut name, "key", field.text("key")?)?,
                fields::entry::VALUE => {
                    set(&mut value, "value", attribute_value(field.bytes("value")?)?)?;
                }
                _ => {}
            }
        }
        self.attribute(name.unwrap_or_default(), value.flatten());
        Ok(())
    }

    fn attribute(&mut self, name: &'a str, value: Option<AttributeField<'a>>) {
        if REQUIRED.contains(&name) {
            let expected = "the field of the message, not an entry of `attributes`";
            return self.violation(name, "", expected, "Protobuf format, 2.3");
        }
        match (name, value) {
            // They may not say what the attributes of the event will: see `message_attributes`.
            ("datacontenttype", Some(AttributeField::Text(text)))
                if self.content_type.is_none() =>
            {
                self.content_type = Some(text);
            }
            ("dataschema", Some(AttributeField::Text(text) | AttributeField::Uri(text)))
                if self.schema.is_none() =>
            {
                self.schema = Some(text);
            }
            (name, Some(value)) => value.add_to(&mut self.reader, name),
            (name, None) => {
                let expected = "a value of one of the seven types";
                self.violation(name, "", expected, "Protobuf format, 2.1");
            }
        }
    }

    fn finish(mut self, bytes: &Bytes) -> Result<Event, DecodeError> {
        match self.data {
            Some(DataField::Message { type_url, value }) => {
                self.message_attributes(type_url);
                self.reader
                    .into_event_with(Some(Data::binary(bytes.slice_ref(value))))
            }
            Some(DataField::Binary(binary)) => {
                self.data_attributes();
                self.reader.into_event(bytes.slice_ref(binary))
            }
            Some(DataField::Text(text)) => {
                self.data_attributes();
                let text = Data::from_utf8(bytes.slice_ref(text));
                let text = text.map_err(|_| malformed(Malformed::NotUtf8("text_data")))?;
                self.reader.into_event_with(Some(text))
            }
            None => {
                self.data_attributes();
                self.reader.into_event_with(None)
            }
        }
    }

    /// Adds the attributes about the data as they are.
    fn data_attributes(&mut self) {
        let attributes = [
            ("datacontenttype", self.content_type),
            ("dataschema", self.schema),
        ];
        for (name, text) in attributes {
            if let Some(text) = text {
                self.reader.attribute(name, AttributeRef::Text(text));
            }
        }
    }

    /// Adds the attributes about data that is a Protobuf message, which carry its type URL.
    fn message_attributes(&mut self, type_url: &str) {
        let content_type = self.content_type.unwrap_or(PROTOBUF);
        let Some(media_type) = type_url::declared(content_type) else {
            let expected = "`application/protobuf`, since the data is `proto_data`";
            return self.violation(
                "datacontenttype",
                content_type,
                expected,
                "Protobuf format, 3",
            );
        };
        match type_url::is_named(&media_type, type_url) {
            Some(true) => return self.data_attributes(),
            Some(false) => {
                let expected = format!("the parameter `proto` for the type URL {type_url:?}");
                let section = "Protobuf format, 3";
                return self.violation("datacontenttype", content_type, expected, section);
            }
            None => {}
        }
        let is_uri = |schema: &&str| Uri::new(*schema).is_ok();
        let schema = match self.schema {
            // A URI is kept as it was written.
            Some(schema) if type_url::is_schema(schema, type_url) => {
                let kept = Some(schema).filter(is_uri).map(str::to_owned);
                kept.or_else(|| type_url::to_schema(type_url))
            }
            Some(_) => None,
            None => type_url::to_schema(type_url),
        };
        let content_type = match &schema {
            Some(_) => content_type.to_owned(),
            None => type_url::with_parameter(content_type, type_url),
        };
        let schema = schema.or_else(|| self.schema.map(str::to_owned));
        let attributes = [
            ("datacontenttype", Some(content_type)),
            ("dataschema", schema),
        ];
        for (name, text) in attributes {
            if let Some(text) = text {
                self.reader.attribute_value(name, text.into());
            }
        }
    }

    fn violation(
        &mut self,
        name: &str,
        value: &str,
        expected: impl Into<Cow<'static, str>>,
        section: &'static str,
    ) {
        let violation = Violation::new(name.to_owned(), value, expected, section);
        self.reader.add_violation(violation);
    }
}

/// Reads `google.protobuf.Any`.
fn any(message: &[u8]) -> Result<DataField<'_>, Malformed> {
    let mut message = Message::new(message);
    let (mut type_url, mut value) = (None, None);
    while let Some(field) = message.next()? {
        match field.number {
            fields::any::TYPE_URL => set(&mut type_url, "type_url", field.text("type_url")?)?,
            fields::any::VALUE => set(&mut value, "value", field.bytes("value")?)?,
            _ => {}
        }
    }
    let type_url = type_url.unwrap_or_default();
    if !type_url::is_valid(type_url) {
        let start: String = type_url.chars().take(100).collect();
        return Err(Malformed::TypeUrl(start));
    }
    let value = value.unwrap_or_default();
    Ok(DataField::Message { type_url, value })
}

/// The value of an attribute, with the type that the message tells.
enum AttributeField<'a> {
    Boolean(bool),
    Integer(i32),
    Text(&'a str),
    Bytes(&'a [u8]),
    Uri(&'a str),
    UriReference(&'a str),
    Timestamp(Timestamp),
}

impl<'a> AttributeField<'a> {
    fn add_to(self, reader: &mut BinaryReader<'a>, name: &'a str) {
        let value = match self {
            Self::Boolean(flag) => AttributeRef::Boolean(flag),
            Self::Integer(number) => AttributeRef::Integer(number),
            Self::Text(text) => AttributeRef::Text(text),
            Self::Bytes(bytes) => AttributeRef::Binary(bytes),
            Self::Timestamp(time) => AttributeRef::Timestamp(time),
            Self::Uri(text) => return add(reader, name, text, Uri::new(text)),
            Self::UriReference(text) => return add(reader, name, text, UriReference::new(text)),
        };
        reader.attribute(name, value);
    }
}

fn add<'a>(
    reader: &mut BinaryReader<'a>,
    name: &'a str,
    text: &str,
    uri: Result<impl Into<AttributeValue>, AttributeError>,
) {
    match uri {
        Ok(uri) => reader.attribute_value(name, uri.into()),
        Err(error) => {
            let expected = error.expected().to_owned();
            let section = "Protobuf format, 2.1";
            reader.add_violation(Violation::new(name.to_owned(), text, expected, section));
        }
    }
}

/// Reads `CloudEventAttributeValue`. It is empty if its type is unknown.
fn attribute_value(message: &[u8]) -> Result<Option<AttributeField<'_>>, Malformed> {
    let mut message = Message::new(message);
    let mut value = None;
    while let Some(field) = message.next()? {
        let read = match field.number {
            fields::value::BOOLEAN => AttributeField::Boolean(field.integer("ce_boolean")? != 0),
            fields::value::INTEGER => {
                let number = i32::try_from(field.integer("ce_integer")?);
                AttributeField::Integer(number.map_err(|_| Malformed::OutOfRange("ce_integer"))?)
            }
            fields::value::STRING => AttributeField::Text(field.text("ce_string")?),
            fields::value::BYTES => AttributeField::Bytes(field.bytes("ce_bytes")?),
            fields::value::URI => AttributeField::Uri(field.text("ce_uri")?),
            fields::value::URI_REF => AttributeField::UriReference(field.text("ce_uri_ref")?),
            fields::value::TIMESTAMP => {
                AttributeField::Timestamp(timestamp(field.bytes("ce_timestamp")?)?)
            }
            _ => continue,
        };
        set(&mut value, "attr", read)?;
    }
    Ok(value)
}

/// Reads `google.protobuf.Timestamp`.
fn timestamp(message: &[u8]) -> Result<Timestamp, Malformed> {
    let mut message = Message::new(message);
    let (mut seconds, mut nanos) = (None, None);
    while let Some(field) = message.next()? {
        match field.number {
            fields::timestamp::SECONDS => set(&mut seconds, "seconds", field.integer("seconds")?)?,
            fields::timestamp::NANOS => set(&mut nanos, "nanos", field.integer("nanos")?)?,
            _ => {}
        }
    }
    let seconds = seconds.unwrap_or_default();
    let nanos = u32::try_from(nanos.unwrap_or_default()).ok();
    let nanos = nanos.filter(|nanos| *nanos < 1_000_000_000);
    let years = fields::timestamp::MIN_SECONDS..=fields::timestamp::MAX_SECONDS;
    nanos
        .filter(|_| years.contains(&seconds))
        .and_then(|nanos| DateTime::from_timestamp(seconds, nanos))
        .map(Timestamp::from)
        .ok_or(Malformed::OutOfRange("ce_timestamp"))
}
