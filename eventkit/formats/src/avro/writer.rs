//! A writer of Avro values in binary encoding.

/// Writes an `int`, a `long`, a length or a count.
pub(super) fn long(out: &mut Vec<u8>, value: i64) {
    let mut value = (value << 1 ^ value >> 63).cast_unsigned();
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            return out.push(low & 0x7F);
        }
        out.push(low | 0x80);
    }
}

/// Writes a length, a count, or the position of a member of a union.
pub(super) fn count(out: &mut Vec<u8>, count: usize) {
    // No collection has more bytes than a signed integer counts.
    long(out, count.cast_signed() as i64);
}

/// Writes `bytes` or a `string`.
pub(super) fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    count(out, bytes.len());
    out.extend_from_slice(bytes);
}
