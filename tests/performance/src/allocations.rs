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

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed to the allocator of the system as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        BYTES.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the contract is the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        BYTES.fetch_add(size, Ordering::Relaxed);
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
