//! JSON values in the data of an event.
//!
//! The schema has a record for an object within data, whose only field is the map of its members.

use eventkit::event::LimitExceeded;
use eventkit::{DecodeError, Limits};

use super::reader::{Blocks, Malformed, Reader, malformed};
use super::unions::{member, value};

/// A map or an array that is being read.
struct Container {
    items: Items,
    blocks: Blocks,
    is_empty: bool,
}

/// The type of the items of a map or an array.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Items {
    /// The members of the map in `data`.
    Members,
    /// The members of the map in a record.
    Values,
    /// The records of a map in a record.
    RecordMembers,
    /// The records of an array.
    Records,
}

/// A value of a union.
enum Found<'a> {
    Container(Items),
    Null,
    Boolean(bool),
    Double(f64),
    Text(&'a str),
}

impl Items {
    fn is_array(self) -> bool {
        self == Self::Records
    }

    /// Reads an item, up to the items of its own.
    fn read<'a>(self, reader: &mut Reader<'a>) -> Result<Found<'a>, Malformed> {
        let found = match self {
            Self::RecordMembers | Self::Records => Found::Container(Self::Values),
            Self::Members => match reader.member(member::COUNT)? {
                member::BOOLEAN => Found::Boolean(reader.boolean()?),
                member::RECORD => Found::Container(Self::Values),
                member::DOUBLE => Found::Double(reader.double()?),
                member::STRING => Found::Text(reader.text()?),
                _ => Found::Null,
            },
            Self::Values => match reader.member(value::COUNT)? {
                value::BOOLEAN => Found::Boolean(reader.boolean()?),
                value::MAP => Found::Container(Self::RecordMembers),
                value::ARRAY => Found::Container(Self::Records),
                value::DOUBLE => Found::Double(reader.double()?),
                value::STRING => Found::Text(reader.text()?),
                _ => Found::Null,
            },
        };
        Ok(found)
    }
}

/// Reads the map in `data`, and returns its JSON text.
pub(super) fn map(reader: &mut Reader<'_>, limits: Limits) -> Result<String, DecodeError> {
    container(reader, Items::Members, limits)
}

/// Reads the array in `data`, and returns its JSON text.
pub(super) fn array(reader: &mut Reader<'_>, limits: Limits) -> Result<String, DecodeError> {
    container(reader, Items::Records, limits)
}

/// Returns the text of a JSON string.
pub(super) fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Returns the text of a JSON number; one without a fraction has none in JSON either.
pub(super) fn number(double: f64) -> Result<String, Malformed> {
    /// The greatest integer up to which a double has all integers.
    const MAX_INTEGER: f64 = 9_007_199_254_740_992.0;
    if !double.is_finite() {
        return Err(Malformed::NotANumber(double.to_string()));
    }
    let is_negative_zero = double == 0.0 && double.is_sign_negative();
    Ok(
        if double.fract() == 0.0 && double.abs() <= MAX_INTEGER && !is_negative_zero {
            format!("{double:.0}")
        } else {
            serde_json::Value::from(double).to_string()
        },
    )
}

/// Reads a map or an array, without recursion: the depth is that of the message.
fn container(reader: &mut Reader<'_>, items: Items, limits: Limits) -> Result<String, DecodeError> {
    let (mut text, mut open) = (String::new(), Vec::new());
    begin(&mut text, &mut open, items, limits)?;
    while let Some(container) = open.last_mut() {
        let items = container.items;
        if !container.blocks.next(reader).map_err(malformed)? {
            text.push(if items.is_array() { ']' } else { '}' });
            open.pop();
            continue;
        }
        if !std::mem::take(&mut container.is_empty) {
            text.push(',');
        }
        if !items.is_array() {
            text.push_str(&string(reader.text().map_err(malformed)?));
            text.push(':');
        }
        match items.read(reader).map_err(malformed)? {
            Found::Container(items) => begin(&mut text, &mut open, items, limits)?,
            Found::Null => text.push_str("null"),
            Found::Boolean(flag) => text.push_str(if flag { "true" } else { "false" }),
            Found::Double(double) => text.push_str(&number(double).map_err(malformed)?),
            Found::Text(found) => text.push_str(&string(found)),
        }
    }
    Ok(text)
}

fn begin(
    text: &mut String,
    open: &mut Vec<Container>,
    items: Items,
    limits: Limits,
) -> Result<(), LimitExceeded> {
    text.push(if items.is_array() { '[' } else { '{' });
    open.push(Container {
        items,
        blocks: Blocks::default(),
        is_empty: true,
    });
    limits.check_json_depth(open.len())
}
