//! The encoder of Protobuf events.

use bytes::Bytes;
use eventkit::event::{AttributeValue, Data, DataKind, Timestamp};
use eventkit::{EncodeError, Event};

use super::fields;
use super::type_url;
use super::writer::{self, Fields, Sink};

/// Encodes one event.
pub(super) fn event(event: &Event) -> Result<Bytes, EncodeError> {
    to_bytes(&EventMessage::of(event))
}

/// Encodes a batch.
pub(super) fn batch(events: &[Event]) -> Result<Bytes, EncodeError> {
    to_bytes(&BatchMessage(events))
}

/// Writes a message with one allocation.
fn to_bytes(message: &impl Fields) -> Result<Bytes, EncodeError> {
    let mut bytes = Vec::with_capacity(message.length()?);
    message.write(&mut bytes)?;
    Ok(bytes.into())
}

/// `CloudEventBatch`.
struct BatchMessage<'a>(&'a [Event]);

impl Fields for BatchMessage<'_> {
    fn write(&self, out: &mut impl Sink) -> Result<(), EncodeError> {
        self.0.iter().try_for_each(|event| {
            writer::message(out, fields::batch::EVENTS, &EventMessage::of(event))
        })
    }
}

/// `CloudEvent`.
struct EventMessage<'a> {
    event: &'a Event,
    data: Option<DataField<'a>>,
}

/// The field of the `oneof data`.
enum DataField<'a> {
    Binary(&'a [u8]),
    Text(&'a [u8]),
    Message(AnyMessage<'a>),
}

impl<'a> EventMessage<'a> {
    fn of(event: &'a Event) -> Self {
        let data = event.data().map(|data| DataField::of(data, event));
        Self { event, data }
    }
}

impl<'a> DataField<'a> {
    fn of(data: &'a Data, event: &Event) -> Self {
        let value = data.as_bytes();
        match (type_url::of(event), data.kind()) {
            (Some(type_url), _) => Self::Message(AnyMessage { type_url, value }),
            (None, DataKind::Binary) => Self::Binary(value),
            (None, DataKind::Json | DataKind::Text) => Self::Text(value),
        }
    }
}

impl Fields for EventMessage<'_> {
    fn write(&self, out: &mut impl Sink) -> Result<(), EncodeError> {
        let event = self.event;
        for (field, text) in [
            (fields::event::ID, event.id()),
            (fields::event::SOURCE, event.source()),
            (fields::event::SPEC_VERSION, event.spec_version()),
            (fields::event::TYPE, event.ty()),
        ] {
            writer::bytes(out, field, text.as_bytes());
        }
        for (name, text) in [
            ("subject", event.subject().map(Value::String)),
            ("time", event.time().map(Value::Timestamp)),
            (
                "datacontenttype",
                event.data_content_type().map(Value::String),
            ),
            ("dataschema", event.data_schema().map(Value::Uri)),
        ] {
            if let Some(value) = text {
                writer::message(out, fields::event::ATTRIBUTES, &Entry { name, value })?;
            }
        }
        for (name, value) in event.extensions() {
            let value = Value::from(value);
            writer::message(out, fields::event::ATTRIBUTES, &Entry { name, value })?;
        }
        match &self.data {
            None => {}
            Some(DataField::Binary(bytes)) => {
                writer::bytes(out, fields::event::BINARY_DATA, bytes);
            }
            Some(DataField::Text(text)) => writer::bytes(out, fields::event::TEXT_DATA, text),
            Some(DataField::Message(any)) => {
                writer::message(out, fields::event::PROTO_DATA, any)?;
            }
        }
        Ok(())
    }
}

/// `google.protobuf.Any`.
struct AnyMessage<'a> {
    type_url: String,
    value: &'a [u8],
}

impl Fields for AnyMessage<'_> {
    fn write(&self, out: &mut impl Sink) -> Result<(), EncodeError> {
        writer::bytes(out, fields::any::TYPE_URL, self.type_url.as_bytes());
        writer::bytes(out, fields::any::VALUE, self.value);
        Ok(())
    }
}

/// An entry of the map `attributes`.
struct Entry<'a> {
    name: &'a str,
    value: Value<'a>,
}

impl Fields for Entry<'_> {
    fn write(&self, out: &mut impl Sink) -> Result<(), EncodeError> {
        writer::bytes(out, fields::entry::KEY, self.name.as_bytes());
        writer::message(out, fields::entry::VALUE, &self.value)
    }
}

/// `CloudEventAttributeValue`.
enum Value<'a> {
    Boolean(bool),
    Integer(i32),
    String(&'a str),
    Bytes(&'a [u8]),
    Uri(&'a str),
    UriReference(&'a str),
    Timestamp(Timestamp),
}

impl<'a> From<&'a AttributeValue> for Value<'a> {
    fn from(value: &'a AttributeValue) -> Self {
        match value {
            AttributeValue::Boolean(flag) => Self::Boolean(*flag),
            AttributeValue::Integer(number) => Self::Integer(*number),
            AttributeValue::String(text) => Self::String(text),
            AttributeValue::Binary(bytes) => Self::Bytes(bytes),
            AttributeValue::Uri(uri) => Self::Uri(uri.as_str()),
            AttributeValue::UriReference(uri) => Self::UriReference(uri.as_str()),
            AttributeValue::Timestamp(time) => Self::Timestamp(*time),
        }
    }
}

impl Fields for Value<'_> {
    fn write(&self, out: &mut impl Sink) -> Result<(), EncodeError> {
        match self {
            Self::Boolean(flag) => {
                writer::integer(out, fields::value::BOOLEAN, i64::from(*flag));
            }
            Self::Integer(number) => {
                writer::integer(out, fields::value::INTEGER, i64::from(*number));
            }
            Self::String(text) => writer::bytes(out, fields::value::STRING, text.as_bytes()),
            Self::Bytes(bytes) => writer::bytes(out, fields::value::BYTES, bytes),
            Self::Uri(uri) => writer::bytes(out, fields::value::URI, uri.as_bytes()),
            Self::UriReference(uri) => {
                writer::bytes(out, fields::value::URI_REF, uri.as_bytes());
            }
            Self::Timestamp(time) => {
                let instant = Instant::try_from(*time)?;
                writer::message(out, fields::value::TIMESTAMP, &instant)?;
            }
        }
        Ok(())
    }
}

/// `google.protobuf.Timestamp`.
struct Instant {
    seconds: i64,
    nanos: u32,
}

impl TryFrom<Timestamp> for Instant {
    type Error = EncodeError;

    fn try_from(time: Timestamp) -> Result<Self, EncodeError> {
        let (seconds, nanos) = (time.timestamp(), time.timestamp_subsec_nanos());
        let years = fields::timestamp::MIN_SECONDS..=fields::timestamp::MAX_SECONDS;
        // chrono counts the nanoseconds of a leap second on, from those of the second before.
        if nanos >= 1_000_000_000 {
            let reason = "which Protobuf cannot represent";
            return Err(EncodeError::format(format!(
                "{time} is a leap second, {reason}"
            )));
        }
        if !years.contains(&seconds) {
            let range = "the years 1 to 9999 in UTC";
            return Err(EncodeError::format(format!("{time} is not in {range}")));
        }
        Ok(Self { seconds, nanos })
    }
}

impl Fields for Instant {
    fn write(&self, out: &mut impl Sink) -> Result<(), EncodeError> {
        if self.seconds != 0 {
            writer::integer(out, fields::timestamp::SECONDS, self.seconds);
        }
        if self.nanos != 0 {
            writer::integer(out, fields::timestamp::NANOS, i64::from(self.nanos));
        }
        Ok(())
    }
}
