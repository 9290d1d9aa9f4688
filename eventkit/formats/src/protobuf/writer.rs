//! A writer of Protobuf fields.

use eventkit::EncodeError;

/// A destination of encoded bytes.
///
/// A message is written twice: to a [`Length`], and then to a buffer of that size.
pub(super) trait Sink {
    fn put(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// A destination that only counts bytes.
#[derive(Default)]
pub(super) struct Length(usize);

impl Sink for Length {
    fn put(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }
}

/// The fields of a message.
pub(super) trait Fields {
    /// Writes the fields.
    fn write(&self, out: &mut impl Sink) -> Result<(), EncodeError>;

    /// Returns the length of the fields in bytes.
    fn length(&self) -> Result<usize, EncodeError> {
        let mut length = Length::default();
        self.write(&mut length)?;
        Ok(length.0)
    }
}

const VARINT: u64 = 0;
const LENGTH_DELIMITED: u64 = 2;

/// Writes a field of type `bool`, `int32` or `int64`.
pub(super) fn integer(out: &mut impl Sink, field: u32, value: i64) {
    varint(out, u64::from(field) << 3 | VARINT);
    // A negative number has ten bytes, whatever its type.
    varint(out, value.cast_unsigned());
}

/// Writes a field of type `string` or `bytes`.
pub(super) fn bytes(out: &mut impl Sink, field: u32, value: &[u8]) {
    start(out, field, value.len());
    out.put(value);
}

/// Writes a field that is a message.
pub(super) fn message(
    out: &mut impl Sink,
    field: u32,
    fields: &impl Fields,
) -> Result<(), EncodeError> {
    start(out, field, fields.length()?);
    fields.write(out)
}

fn start(out: &mut impl Sink, field: u32, length: usize) {
    varint(out, u64::from(field) << 3 | LENGTH_DELIMITED);
    varint(out, length as u64);
}

fn varint(out: &mut impl Sink, mut value: u64) {
    let mut encoded = [0; 10];
    let mut length = 0;
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        let continues = if value == 0 { 0 } else { 0x80 };
        encoded[length] = low & 0x7F | continues;
        length += 1;
        if value == 0 {
            break;
        }
    }
    out.put(&encoded[..length]);
}
