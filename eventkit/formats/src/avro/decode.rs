//! The decoder of Avro events.

use bytes::Bytes;
use eventkit::binding::BinaryReader;
use eventkit::event::{AttributeRef, Data};
use eventkit::{DecodeError, Event, Limits};

use super::json;
use super::reader::{Blocks, Malformed, Reader, malformed};
use super::unions::{attribute, data};

/// Decodes one event, whose data shares the bytes.
pub(super) fn event(bytes: &Bytes, limits: Limits) -> Result<Event, DecodeError> {
    limits.check_body_bytes(bytes.len())?;
    let mut record = Reader::new(bytes);
    let mut event = BinaryReader::new(limits);
    let content_type = attributes(&mut record, &mut event).map_err(malformed)?;
    let data = read_data(&mut record, bytes, content_type, limits)?;
    record.finish().map_err(malformed)?;
    match data {
        DataField::Body(body) => event.into_event(body),
        DataField::Value(data) => event.into_event_with(data),
    }
}

/// Returns the error for a batch, which the format does not have.
pub(super) fn batch(_bytes: &Bytes, _limits: Limits) -> Result<Vec<Event>, DecodeError> {
    let reason = "the Avro event format does not support batches";
    Err(DecodeError::not_an_event(reason))
}

/// Reads the field `attribute`, and returns the content type of the data.
fn attributes<'a>(
    record: &mut Reader<'a>,
    event: &mut BinaryReader<'a>,
) -> Result<Option<&'a str>, Malformed> {
    let mut content_type = None;
    let mut entries = Blocks::default();
    while entries.next(record)? {
        let name = record.text()?;
        let value = match record.member(attribute::COUNT)? {
            attribute::BOOLEAN => AttributeRef::Boolean(record.boolean()?),
            attribute::INT => AttributeRef::Integer(record.int()?),
            attribute::STRING => AttributeRef::Text(record.text()?),
            attribute::BYTES => AttributeRef::Binary(record.bytes()?),
            // The attribute is not set.
            _ => continue,
        };
        if let ("datacontenttype", AttributeRef::Text(text)) = (name, value) {
            content_type = Some(text);
        }
        event.attribute(name, value);
    }
    Ok(content_type)
}

/// The field `data`.
enum DataField {
    /// Bytes, whose kind follows from the content type.
    Body(Bytes),
    /// Text, a JSON value, or no data.
    Value(Option<Data>),
}

fn read_data(
    record: &mut Reader<'_>,
    bytes: &Bytes,
    content_type: Option<&str>,
    limits: Limits,
) -> Result<DataField, DecodeError> {
    let member = record.member(data::COUNT).map_err(malformed)?;
    let json = match member {
        data::BYTES => {
            let body = record.bytes().map_err(malformed)?;
            return Ok(DataField::Body(bytes.slice_ref(body)));
        }
        data::STRING => {
            let text = record.text().map_err(malformed)?;
            if content_type.is_some() {
                let text = Data::from_utf8(bytes.slice_ref(text.as_bytes()));
                let text = text.map_err(|_| malformed(Malformed::NotUtf8))?;
                return Ok(DataField::Value(Some(text)));
            }
            json::string(text)
        }
        data::BOOLEAN => record.boolean().map_err(malformed)?.to_string(),
        data::DOUBLE => {
            let number = record.double().and_then(json::number);
            number.map_err(malformed)?
        }
        data::MAP => json::map(record, limits)?,
        data::ARRAY => json::array(record, limits)?,
        _ => return Ok(DataField::Value(None)),
    };
    let json = Data::json(json).map_err(|error| DecodeError::malformed("Avro", error))?;
    Ok(DataField::Value(Some(json)))
}
