//! What a deserializer gives, written as JSON.

use std::fmt;

use serde::Serialize;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::{Decoded, ErasedDeserializer};
use crate::error::BoxError;

/// How deep values may be nested; the reader of JSON goes no deeper.
const DEEPEST: usize = 127;

/// Is the JSON of what a codec reads, once it has read it.
#[derive(Debug, Default)]
pub(super) struct Written(pub(super) Option<String>);

impl Decoded for Written {
    fn read(&mut self, deserializer: &mut dyn ErasedDeserializer<'_>) -> Result<(), BoxError> {
        let mut out = Vec::new();
        Value::at(&mut out, DEEPEST).deserialize(deserializer)?;
        self.0 = Some(String::from_utf8(out)?);
        Ok(())
    }
}

/// Writes one value, which may be all that JSON can hold, and refuses what it cannot.
struct Value<'o> {
    out: &'o mut Vec<u8>,
    /// How much deeper it may go.
    depth: usize,
}

/// Writes one key, a text or what has one form as text.
struct Key<'o>(&'o mut Vec<u8>);

impl<'o> Value<'o> {
    fn at(out: &'o mut Vec<u8>, depth: usize) -> Self {
        Self { out, depth }
    }

    fn write<E: Error>(self, value: &(impl Serialize + ?Sized)) -> Result<(), E> {
        serde_json::to_writer(self.out, value).map_err(E::custom)
    }

    fn deeper<E: Error>(&self) -> Result<usize, E> {
        let left = self.depth.checked_sub(1);
        left.ok_or_else(|| E::custom(format_args!("it is nested more than {DEEPEST} deep")))
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Writes values that JSON writes in one way.
macro_rules! written {
    ($($method:ident: $type:ty),*) => {$(
        fn $method<E: Error>(self, value: $type) -> Result<(), E> {
            self.write(&value)
        }
    )*};
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that JSON can hold")
    }

    written! {
        visit_bool: bool, visit_i64: i64, visit_i128: i128, visit_u64: u64, visit_u128: u128,
        visit_char: char, visit_str: &str, visit_bytes: &[u8]
    }

    fn visit_f32<E: Error>(self, value: f32) -> Result<(), E> {
        // As a `f64` it would have more digits than it was written with.
        finite(value.is_finite())?;
        self.write(&value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        finite(value.is_finite())?;
        self.write(&value)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.write(&())
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.write(&())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let depth = self.deeper()?;
        between(self.out, [b'[', b']'], |out| {
            let element = elements.next_element_seed(Value::at(out, depth))?;
            Ok(element.is_some())
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let depth = self.deeper()?;
        between(self.out, [b'{', b'}'], |out| {
            if entries.next_key_seed(Key(out))?.is_none() {
                return Ok(false);
            }
            out.push(b':');
            entries.next_value_seed(Value::at(out, depth))?;
            Ok(true)
        })
    }

    /// Writes a variant as an object of one member; what it holds is a value of any sort.
    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<(), A::Error> {
        let depth = self.deeper()?;
        self.out.push(b'{');
        let ((), content) = variant.variant_seed(Key(self.out))?;
        self.out.push(b':');
        content.newtype_variant_seed(Value::at(self.out, depth))?;
        self.out.push(b'}');
        Ok(())
    }
}

/// Writes what a function writes until it has nothing more, with commas between, in brackets.
fn between<E>(
    out: &mut Vec<u8>,
    [open, close]: [u8; 2],
    mut next: impl FnMut(&mut Vec<u8>) -> Result<bool, E>,
) -> Result<(), E> {
    out.push(open);
    let mut end = out.len();
    while next(out)? {
        end = out.len();
        out.push(b',');
    }
    // The last comma has nothing after it.
    out.truncate(end);
    out.push(close);
    Ok(())
}

fn finite<E: Error>(is_finite: bool) -> Result<(), E> {
    if is_finite {
        return Ok(());
    }
    Err(E::custom("a number that is not finite has no form in JSON"))
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Key<'_> {
    fn write<E: Error>(self, key: &str) -> Result<(), E> {
        serde_json::to_writer(self.0, key).map_err(E::custom)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key that JSON can hold: a text, a number or a boolean")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.write(if value { "true" } else { "false" })
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.write(&value.to_string())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.write(&value.to_string())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.write(value)
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer;
    use serde::de::value::{
        BytesDeserializer, Error, F32Deserializer, F64Deserializer, MapDeserializer,
        SeqDeserializer,
    };

    use super::*;

    fn json<'de>(deserializer: impl Deserializer<'de>) -> Result<String, String> {
        let mut written = Written::default();
        let mut deserializer = <dyn ErasedDeserializer<'_>>::erase(deserializer);
        written
            .read(&mut deserializer)
            .map_err(|error| error.to_string())?;
        Ok(written.0.expect("it was read"))
    }

    /// Is a list of itself.
    struct Endless;

    impl<'de> Deserializer<'de> for Endless {
        type Error = Error;

        fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.visit_seq(SeqDeserializer::new([Endless].into_iter()))
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
            unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
            ignored_any
        }
    }

    impl IntoDeserializer<'_, Error> for Endless {
        type Deserializer = Self;

        fn into_deserializer(self) -> Self {
            self
        }
    }

    #[test]
    fn what_is_json_stays_what_it_is() {
        for text in [
            "null",
            "true",
            "-7",
            "18446744073709551615",
            "0.5",
            r#""a\"\u0001ä""#,
            "[]",
            "[[],{}]",
            "[1,[2,null],\"3\"]",
            "{}",
            r#"{"a":{"b":[]},"c":null,"d":[{"e":1}]}"#,
        ] {
            let mut json_text = serde_json::Deserializer::from_str(text);
            assert_eq!(json(&mut json_text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_other_formats_have_beside_is_written_as_serde_json_does() {
        let bytes = BytesDeserializer::<Error>::new(&[0, 255]);
        assert_eq!(json(bytes).as_deref(), Ok("[0,255]"));
        let keys = MapDeserializer::<_, Error>::new([(1_u8, 'a'), (2, 'b')].into_iter());
        assert_eq!(json(keys).as_deref(), Ok(r#"{"1":"a","2":"b"}"#));
        let large: serde::de::value::I128Deserializer<Error> = i128::MIN.into_deserializer();
        assert_eq!(json(large), Ok(i128::MIN.to_string()));
        let short = F32Deserializer::<Error>::new(0.1);
        assert_eq!(json(short).as_deref(), Ok("0.1"));
        let seq = SeqDeserializer::<_, Error>::new([(), ()].into_iter());
        assert_eq!(json(seq).as_deref(), Ok("[null,null]"));
    }

    #[test]
    fn what_json_has_no_form_for_is_refused() {
        for number in [f64::NAN, f64::INFINITY] {
            let error = json(F64Deserializer::<Error>::new(number)).unwrap_err();
            assert_eq!(error, "a number that is not finite has no form in JSON");
        }
        let keys = MapDeserializer::<_, Error>::new([((), 1)].into_iter());
        let error = json(keys).unwrap_err();
        assert!(error.contains("a key that JSON can hold"), "{error}");
        let error = json(Endless).unwrap_err();
        assert_eq!(error, "it is nested more than 127 deep");
    }
}
