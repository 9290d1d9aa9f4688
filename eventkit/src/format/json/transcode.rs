//! Serialization of events with serde: the members of the JSON event format, in any serde format.

use std::cell::RefCell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{self, Serialize, SerializeMap, SerializeSeq, Serializer};

use super::encode;
use super::scan::{Malformed, Scanner};
use super::{Format, Json};
use crate::event::{Event, json};

/// The maximum nesting depth of arrays and objects: the event, and data within the default limits.
const MAX_DEPTH: usize = 128;

const TOO_DEEP: &str = "the event is nested too deeply";

/// The encoded name of the only member of the object that `serde_json` uses for numbers with its
/// feature `arbitrary_precision`.
const SERDE_JSON_NUMBER: &[u8] = br#""$serde_json::private::Number""#;

/// Serializes the form of the [JSON event format](Json), in any self-describing serde format.
///
/// JSON data is serialized as a value, so its white space and the notation of its numbers are not
/// preserved. [`Json`](struct@Json) preserves the bytes.
///
/// ```
/// use eventkit::Event;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Stored {
///     position: u64,
///     event: Event,
/// }
///
/// let event = Event::builder().id("1").source("/s").ty("t").data_json(&[1, 2])?.build()?;
/// let stored = Stored { position: 7, event };
/// let json = serde_json::to_value(&stored)?;
/// assert_eq!(json["event"]["data"], serde_json::json!([1, 2]));
/// assert_eq!(serde_json::from_value::<Stored>(json)?, stored);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Returns an error if JSON data contains an integer of more than 64 bits, a number that is not
/// finite as an `f64`, an unpaired surrogate, or more than 127 nested arrays and objects.
impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = Json.encode(self).map_err(ser::Error::custom)?;
        let text = std::str::from_utf8(&bytes).map_err(ser::Error::custom)?;
        JsonValue::new(&mut Scanner::new(text), 0).serialize(serializer)
    }
}

/// Deserializes the form of the [JSON event format](Json), from any self-describing serde format.
///
/// The default [`Limits`](crate::Limits) apply. Numbers in the data are represented as by the serde
/// format; [`Json`](struct@Json) preserves the bytes.
///
/// # Errors
///
/// Returns an error if [`Json.decode`](Format::decode) does.
impl<'de> de::Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut out = Vec::new();
        JsonText::new(&mut out, 0).deserialize(deserializer)?;
        Json.decode(out.into()).map_err(de::Error::custom)
    }
}

/// The next value of a JSON text, as a serializable value.
struct JsonValue<'s, 'a> {
    // Serialization takes the value by reference, but advances the scanner.
    scanner: RefCell<&'s mut Scanner<'a>>,
    /// The number of arrays and objects around it.
    depth: usize,
}

impl<'s, 'a> JsonValue<'s, 'a> {
    fn new(scanner: &'s mut Scanner<'a>, depth: usize) -> Self {
        let scanner = RefCell::new(scanner);
        Self { scanner, depth }
    }
}

impl Serialize for JsonValue<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let scanner = &mut **self.scanner.borrow_mut();
        let depth = self.depth + 1;
        let next = scanner.peek();
        if depth > MAX_DEPTH && matches!(next, Some(b'{' | b'[')) {
            return Err(ser::Error::custom(TOO_DEEP));
        }
        match next {
            Some(b'{') => {
                let mut map = serializer.serialize_map(None)?;
                let members = scanner.elements(*b"{}", |scanner| {
                    map.serialize_key(&*scanner.member_name()?)?;
                    map.serialize_value(&JsonValue::new(scanner, depth))?;
                    Ok(())
                });
                members.map_err(Stop::into_error)?;
                map.end()
            }
            Some(b'[') => {
                let mut seq = serializer.serialize_seq(None)?;
                let elements = scanner.elements(*b"[]", |scanner| {
                    seq.serialize_element(&JsonValue::new(scanner, depth))?;
                    Ok(())
                });
                elements.map_err(Stop::into_error)?;
                seq.end()
            }
            Some(b'"') => {
                let text = scanner.string().map_err(Stop::from);
                serializer.serialize_str(&text.map_err(Stop::into_error)?)
            }
            _ => {
                let skipped = scanner.skip().map_err(Stop::from);
                let (value, _) = skipped.map_err(Stop::into_error)?;
                serialize_scalar(scanner.slice(&value), serializer)
            }
        }
    }
}

fn serialize_scalar<S: Serializer>(json: &str, serializer: S) -> Result<S::Ok, S::Error> {
    match json {
        "null" => return serializer.serialize_unit(),
        "true" => return serializer.serialize_bool(true),
        "false" => return serializer.serialize_bool(false),
        _ => {}
    }
    if let Ok(number) = json.parse() {
        return serializer.serialize_u64(number);
    }
    // An integer cannot represent negative zero.
    if let Some(number) = json.parse().ok().filter(|number| *number != 0) {
        return serializer.serialize_i64(number);
    }
    let is_integer = json != "-0" && !json.contains(['.', 'e', 'E']);
    match json.parse::<f64>() {
        Ok(number) if number.is_finite() && !is_integer => serializer.serialize_f64(number),
        _ => Err(ser::Error::custom(format_args!(
            "the number {json} in the data does not fit in 64 bits"
        ))),
    }
}

/// The reason to stop reading a value.
enum Stop<E> {
    Malformed,
    Serializer(E),
}

impl<E> From<Malformed> for Stop<E> {
    fn from(Malformed: Malformed) -> Self {
        Self::Malformed
    }
}

impl<E: ser::Error> From<E> for Stop<E> {
    fn from(error: E) -> Self {
        Self::Serializer(error)
    }
}

impl<E: ser::Error> Stop<E> {
    fn into_error(self) -> E {
        match self {
            // The data is valid JSON, in which a string may contain an escaped unpaired surrogate.
            Self::Malformed => E::custom("a string in the data has an unpaired surrogate"),
            Self::Serializer(error) => error,
        }
    }
}

/// A writer of a value of another format as JSON text.
struct JsonText<'o> {
    out: &'o mut Vec<u8>,
    /// The number of arrays and objects around the value.
    depth: usize,
    /// Whether the value is the name of a member.
    is_name: bool,
}

impl<'o> JsonText<'o> {
    fn new(out: &'o mut Vec<u8>, depth: usize) -> Self {
        let is_name = false;
        Self {
            out,
            depth,
            is_name,
        }
    }

    fn name(out: &'o mut Vec<u8>, depth: usize) -> Self {
        Self {
            is_name: true,
            ..Self::new(out, depth)
        }
    }

    fn write<T: Serialize + fmt::Debug, E: de::Error>(self, value: T) -> Result<(), E> {
        if self.is_name {
            let unexpected = format!("{value:?}");
            return Err(E::invalid_type(de::Unexpected::Other(&unexpected), &self));
        }
        serde_json::to_writer(self.out, &value).map_err(E::custom)
    }

    /// Starts an array or an object, and returns its depth.
    fn open<E: de::Error>(&mut self, bracket: u8) -> Result<usize, E> {
        if self.is_name {
            return Err(E::invalid_type(de::Unexpected::Map, &*self));
        }
        if self.depth == MAX_DEPTH {
            return Err(E::custom(TOO_DEEP));
        }
        self.out.push(bracket);
        Ok(self.depth + 1)
    }
}

impl<'de> DeserializeSeed<'de> for JsonText<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for JsonText<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_name {
            "a string as the name of a member"
        } else {
            "an event in the form of the JSON event format"
        })
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<(), E> {
        self.write(flag)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<(), E> {
        self.write(number)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<(), E> {
        self.write(number)
    }

    fn visit_i128<E: de::Error>(self, number: i128) -> Result<(), E> {
        self.write(number)
    }

    fn visit_u128<E: de::Error>(self, number: u128) -> Result<(), E> {
        self.write(number)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<(), E> {
        if !number.is_finite() {
            return Err(E::invalid_value(
                de::Unexpected::Float(number),
                &"a number of JSON",
            ));
        }
        self.write(number)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        encode::string(text, self.out).map_err(E::custom)
    }

    fn visit_none<E: de::Error>(self) -> Result<(), E> {
        self.write(())
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        self.write(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        let depth = self.open(b'[')?;
        let start = self.out.len();
        loop {
            let end = self.out.len();
            if end > start {
                self.out.push(b',');
            }
            if seq
                .next_element_seed(JsonText::new(self.out, depth))?
                .is_none()
            {
                self.out.truncate(end);
                break;
            }
        }
        self.out.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let depth = self.open(b'{')?;
        let start = self.out.len();
        loop {
            let end = self.out.len();
            if end > start {
                self.out.push(b',');
            }
            if map
                .next_key_seed(JsonText::name(self.out, depth))?
                .is_none()
            {
                self.out.truncate(end);
                break;
            }
            if self.out[start..] == *SERDE_JSON_NUMBER {
                self.out.truncate(start - 1);
                return write_number(self.out, &map.next_value::<String>()?);
            }
            self.out.push(b':');
            map.next_value_seed(JsonText::new(self.out, depth))?;
        }
        self.out.push(b'}');
        Ok(())
    }
}

/// Writes a number that is represented by its text.
fn write_number<E: de::Error>(out: &mut Vec<u8>, text: &str) -> Result<(), E> {
    if !text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) || !json::is_value(text) {
        return Err(E::invalid_value(
            de::Unexpected::Str(text),
            &"a number of JSON",
        ));
    }
    out.extend_from_slice(text.as_bytes());
    Ok(())
}
