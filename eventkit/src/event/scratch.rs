//! Writes bytes whose number is not known before, with one allocation of the right size.

use std::cell::Cell;

use bytes::Bytes;
use serde::Serialize;

/// The most memory that a thread keeps for the next call.
const KEPT: usize = 64 * 1024;

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Calls a function that writes, and returns what it has written.
///
/// It writes into memory that its thread keeps. A call within the function writes into memory of its
/// own. It is no type parameter: the rest is compiled once, and not for each type that is written.
pub(crate) fn exact<E>(write: &mut dyn FnMut(&mut Vec<u8>) -> Result<(), E>) -> Result<Bytes, E> {
    let mut scratch = take();
    match write(&mut scratch) {
        Ok(()) => Ok(bytes(scratch)),
        Err(error) => {
            keep(scratch);
            Err(error)
        }
    }
}

/// Takes the memory of the thread. A thread that ends has none any more.
fn take() -> Vec<u8> {
    SCRATCH.try_with(Cell::take).unwrap_or_default()
}

fn bytes(scratch: Vec<u8>) -> Bytes {
    if scratch.capacity() > KEPT {
        return Bytes::from(scratch.into_boxed_slice());
    }
    let bytes = Bytes::copy_from_slice(&scratch);
    keep(scratch);
    bytes
}

fn keep(mut scratch: Vec<u8>) {
    if scratch.capacity() <= KEPT {
        scratch.clear();
        let _ = SCRATCH.try_with(|kept| kept.set(scratch));
    }
}

/// Writes a value as JSON.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Bytes> {
    exact(&mut |out| serde_json::to_writer(out, value))
}
