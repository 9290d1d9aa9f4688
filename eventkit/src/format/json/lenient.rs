//! Decoding and encoding of JSON events that may violate the specification.

use bytes::Bytes;

use super::{Json, decode, encode};
use crate::error::{DecodeError, DecodeErrorKind, EncodeError};
use crate::event::{
    Data, DataKind, LenientEvent, Limits, Parsed, PartialEvent, UncheckedEvent, UncheckedValue,
    name,
};
use crate::format::Format;

const FORMAT: &str = "the JSON format";

/// Decodes one event, and keeps its original text.
pub(super) fn event(bytes: &Bytes, limits: Limits) -> Result<LenientEvent, DecodeError> {
    let event = match decode::event(bytes.clone(), limits) {
        Ok(event) => event.into(),
        Err(error) => match error.kind() {
            DecodeErrorKind::Invalid | DecodeErrorKind::SpecVersion => invalid(bytes, limits)?,
            _ => return Err(error),
        },
    };
    Ok(event.with_text(Json.content_type(), bytes.clone()))
}

/// Decodes a batch; fails at the first element that cannot be kept.
pub(super) fn batch(bytes: &Bytes, limits: Limits) -> Result<Vec<LenientEvent>, DecodeError> {
    let text = decode::text(bytes, limits)?;
    let mut events = Vec::new();
    decode::elements(text, *b"[]", decode::BATCH, |scanner| {
        let count = limits.check_batch_events(events.len() + 1);
        count.map_err(DecodeError::from)?;
        let element = bytes.slice(scanner.skip()?.0);
        let event = event(&element, limits).map_err(|error| error.in_element(events.len()))?;
        events.push(event);
        Ok(())
    })?;
    Ok(events)
}

/// Decodes an event that is valid JSON and within the limits, but violates the specification.
fn invalid(bytes: &Bytes, limits: Limits) -> Result<LenientEvent, DecodeError> {
    let text = &decode::message(bytes.clone(), limits)?;
    let mut event = PartialEvent::with_limits(limits);
    let content = decode::object(text, &mut event, &mut decode::skip)?;
    let resolved = content.map(|content| content.into_data(text));
    let violations = event.into_violations()?;

    let mut attributes = Vec::new();
    let mut data = Vec::new();
    decode::elements(text, *b"{}", decode::OBJECT, |scanner| {
        let name = scanner.member_name()?;
        let (value, _) = scanner.skip()?;
        match (&*name, scanner.slice(&value)) {
            (name::DATA, json) => data.push(Some(json)),
            (_, "null") => {}
            (name::DATA_BASE64, _) => data.push(None),
            (_, json) => attributes.push((name.into_owned(), raw(json, limits)?)),
        }
        Ok(())
    })?;
    let data = match (&*data, resolved) {
        ([], _) => Ok(None),
        ([_], Some(data)) => Ok(Some(data)),
        ([Some(json)], None) => {
            let bytes = bytes.slice_ref(json.as_bytes());
            Ok(Some(Data::new_unchecked(DataKind::Json, bytes)))
        }
        ([None], None) => Err("`data_base64` is not a Base64 string"),
        _ => Err("`data` or `data_base64` occurs more than once"),
    };
    Ok(LenientEvent::new(
        UncheckedEvent { attributes, data },
        violations,
    ))
}

fn raw(json: &str, limits: Limits) -> Result<UncheckedValue, DecodeError> {
    if let Ok(text) = serde_json::from_str(json) {
        return Ok(UncheckedValue::Text(text));
    }
    limits.check_attribute_bytes(json.len())?;
    Ok(UncheckedValue::Json(json.to_owned()))
}

/// Writes one event: its original text, or else its members.
pub(super) fn encode(event: &LenientEvent, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    if let Some(text) = event.text_in(Json.content_type()) {
        out.extend_from_slice(text);
        return Ok(());
    }
    match event.parsed() {
        Parsed::Valid(event) => encode::event(event, out),
        Parsed::Unchecked(raw) => write(raw, out),
    }
}

fn write(event: &UncheckedEvent, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    event.check_names(str::to_owned, FORMAT)?;
    let start = out.len();
    for (name, value) in &event.attributes {
        if matches!(&**name, name::DATA | name::DATA_BASE64) {
            return Err(EncodeError::no_form(name, FORMAT));
        }
        out.push(b',');
        encode::string(name, out)?;
        out.push(b':');
        match value {
            UncheckedValue::Text(text) => encode::string(text, out)?,
            UncheckedValue::Json(json) => out.extend_from_slice(json.as_bytes()),
            UncheckedValue::Bytes(_) => return Err(EncodeError::no_form(name, FORMAT)),
        }
    }
    if let Some(data) = event.data.as_ref().map_err(|why| EncodeError::data(*why))? {
        encode::data(data, out)?;
    }
    match out.get_mut(start) {
        Some(comma) => *comma = b'{',
        None => out.push(b'{'),
    }
    out.push(b'}');
    Ok(())
}
