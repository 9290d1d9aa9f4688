//! Counts the allocations of each thread.

// To count is to implement `GlobalAlloc`, which is unsafe.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use crate::callgrind::{ROUNDS, measured};
use crate::case::Case;

/// Is the allocator of the system, with a count; a program that measures makes it its own.
#[derive(Debug)]
pub struct Counting;

/// Is [`Counting`] that also notes how many bytes there are at most, which takes instructions of its
/// own.
#[derive(Debug)]
pub struct WithPeak;

// Constant and without a destructor: the allocator can use them at any time of a thread's life.
thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    // Below zero where the thread frees what another one allocated.
    static BYTES: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

/// Counts an allocation, and returns how many bytes are allocated with it.
fn add(size: usize) -> isize {
    ALLOCATIONS.set(ALLOCATIONS.get() + 1);
    let now = BYTES.get().wrapping_add_unsigned(size);
    BYTES.set(now);
    now
}

fn subtract(size: usize) {
    BYTES.set(BYTES.get().wrapping_sub_unsigned(size));
}

// SAFETY: every call is passed to the allocator of the system as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: the contract is the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        add(size);
        subtract(layout.size());
        // SAFETY: the contract is the caller's.
        unsafe { System.realloc(ptr, layout, size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        subtract(layout.size());
        // SAFETY: the contract is the caller's.
        unsafe { System.dealloc(ptr, layout) }
    }
}

// SAFETY: every call is passed to the allocator of the system as it is.
unsafe impl GlobalAlloc for WithPeak {
    // What grows is allocated anew, by the default of `realloc`: for a moment it is there twice.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = add(layout.size());
        PEAK.set(PEAK.get().max(now));
        // SAFETY: the contract is the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the contract is the caller's.
        unsafe { Counting.dealloc(ptr, layout) }
    }
}

/// Returns how often this thread has allocated memory, growing what was allocated included.
#[must_use]
pub fn count() -> usize {
    ALLOCATIONS.get()
}

/// Does something whose allocations are not counted.
pub(crate) fn uncounted(work: impl FnOnce()) {
    let before = count();
    work();
    ALLOCATIONS.set(before);
}

/// Returns how many bytes this thread has allocated and not freed.
#[must_use]
pub fn bytes() -> isize {
    BYTES.get()
}

/// Returns how many bytes this thread had allocated at most since [`start_peak`], in a program that
/// has [`WithPeak`].
#[must_use]
pub fn peak() -> isize {
    PEAK.get()
}

/// Starts a peak anew from the bytes that are allocated now.
pub fn start_peak() {
    PEAK.set(bytes());
}

/// Does a case once to warm up and once to count, and returns how often one operation allocates.
#[must_use]
pub fn per_operation(case: &Case) -> u64 {
    case.prepare();
    measured(case);
    case.prepare();
    let before = count();
    measured(case);
    (count() - before) as u64 / (ROUNDS * case.operations)
}
