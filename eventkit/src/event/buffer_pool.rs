//! Bytes whose number is not known before they are written, in one allocation of the right size.

use std::cell::Cell;

use bytes::Bytes;
use serde::Serialize;

/// The largest buffer that a thread keeps for the next call.
const MAX_POOLED_BYTES: usize = 64 * 1024;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Writes to the buffer of the thread, and returns the bytes.
///
/// A call within the function writes to a buffer of its own. The function is a trait object, so that
/// this code is compiled once and not for each type that is written.
pub(crate) fn write_to_bytes<E>(
    write: &mut dyn FnMut(&mut Vec<u8>) -> Result<(), E>,
) -> Result<Bytes, E> {
    // The buffer of a thread that ends is gone.
    let mut buffer = BUFFER.try_with(Cell::take).unwrap_or_default();
    let written = write(&mut buffer);
    if buffer.capacity() > MAX_POOLED_BYTES {
        return written.map(|()| Bytes::from(buffer.into_boxed_slice()));
    }
    let bytes = written.map(|()| Bytes::copy_from_slice(&buffer));
    buffer.clear();
    let _ = BUFFER.try_with(|pooled| pooled.set(buffer));
    bytes
}

/// Writes a value as JSON.
pub(crate) fn write_json<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Bytes> {
    write_to_bytes(&mut |out| serde_json::to_writer(out, value))
}
