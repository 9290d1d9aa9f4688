//! Serialization into a buffer of unknown length, with one allocation for the result.

use std::cell::Cell;

use bytes::Bytes;
use serde::Serialize;

/// The largest buffer that a thread keeps for its next call.
const MAX_POOLED_BYTES: usize = 64 * 1024;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Calls the function with the buffer of the thread, and returns the bytes that it wrote.
///
/// A nested call gets a new buffer. The function is a trait object, so this code is compiled once
/// and not for every type that is serialized.
pub(crate) fn write_to_bytes<E>(
    write: &mut dyn FnMut(&mut Vec<u8>) -> Result<(), E>,
) -> Result<Bytes, E> {
    // The thread-local buffer no longer exists while the thread exits.
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

/// Serializes a value as JSON.
pub(crate) fn write_json<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Bytes> {
    write_to_bytes(&mut |out| serde_json::to_writer(out, value))
}
