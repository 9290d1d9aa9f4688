//! Counts allocations.

// To count is to implement `GlobalAlloc`, which is unsafe.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::callgrind::{ROUNDS, measured};
use crate::case::Case;

/// Is the allocator of the system, with a count; a program that measures makes it its own.
#[derive(Debug)]
pub struct Counting;

/// Is [`Counting`] that also notes how many bytes there are at most, which takes instructions of its
/// own.
#[derive(Debug)]
pub struct WithPeak;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// Counts an allocation, and returns how many bytes there were before it.
fn add(size: usize) -> usize {
    ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    BYTES.fetch_add(size, Ordering::Relaxed)
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
        BYTES.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the contract is the caller's.
        unsafe { System.realloc(ptr, layout, size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the contract is the caller's.
        unsafe { System.dealloc(ptr, layout) }
    }
}

// SAFETY: every call is passed to the allocator of the system as it is.
unsafe impl GlobalAlloc for WithPeak {
    // What grows is allocated anew, by the default of `realloc`: for a moment it is there twice.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = add(layout.size()) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the contract is the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the contract is the caller's.
        unsafe { Counting.dealloc(ptr, layout) }
    }
}

/// Returns how often memory was allocated so far, growing what was allocated included.
#[must_use]
pub fn count() -> usize {
    ALLOCATIONS.load(Ordering::Relaxed)
}

/// Returns how many bytes are allocated now.
#[must_use]
pub fn bytes() -> usize {
    BYTES.load(Ordering::Relaxed)
}

/// Returns how many bytes were allocated at most since [`start_peak`], in a program that has
/// [`WithPeak`].
#[must_use]
pub fn peak() -> usize {
    PEAK.load(Ordering::Relaxed)
}

/// Starts a peak anew from the bytes that are allocated now, and returns them.
pub fn start_peak() -> usize {
    let now = bytes();
    PEAK.store(now, Ordering::Relaxed);
    now
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
