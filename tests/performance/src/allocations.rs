//! Counts of the allocations of each thread.

// Counting requires an implementation of `GlobalAlloc`, which is unsafe.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use crate::callgrind::{ROUNDS, measured};
use crate::case::Case;

/// The system allocator with a count. A program that measures must declare it as its global
/// allocator.
#[derive(Debug)]
pub struct Counting;

/// [`Counting`] that also records the maximum number of bytes, at the cost of additional
/// instructions.
#[derive(Debug)]
pub struct WithPeak;

// Const-initialized and without a destructor, so the allocator can use them at any time of a
// thread's life.
thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    // Negative if the thread frees memory that another one allocated.
    static BYTES: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

/// Counts an allocation, and returns the number of bytes that are then allocated.
fn add(size: usize) -> isize {
    ALLOCATIONS.set(ALLOCATIONS.get() + 1);
    let now = BYTES.get().wrapping_add_unsigned(size);
    BYTES.set(now);
    now
}

fn subtract(size: usize) {
    BYTES.set(BYTES.get().wrapping_sub_unsigned(size));
}

// SAFETY: every call is forwarded to the system allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: the caller upholds the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        add(size);
        subtract(layout.size());
        // SAFETY: the caller upholds the contract.
        unsafe { System.realloc(ptr, layout, size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        subtract(layout.size());
        // SAFETY: the caller upholds the contract.
        unsafe { System.dealloc(ptr, layout) }
    }
}

// SAFETY: every call is forwarded to the system allocator unchanged.
unsafe impl GlobalAlloc for WithPeak {
    // The default `realloc` allocates a copy, so for a moment both exist.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = add(layout.size());
        PEAK.set(PEAK.get().max(now));
        // SAFETY: the caller upholds the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller upholds the contract.
        unsafe { Counting.dealloc(ptr, layout) }
    }
}

/// Returns the number of allocations of this thread, including reallocations.
#[must_use]
pub fn count() -> usize {
    ALLOCATIONS.get()
}

/// Runs a function without counting its allocations.
pub(crate) fn uncounted(work: impl FnOnce()) {
    let before = count();
    work();
    ALLOCATIONS.set(before);
}

/// Returns the number of bytes that this thread has allocated and not freed.
#[must_use]
pub fn bytes() -> isize {
    BYTES.get()
}

/// Returns the maximum number of bytes since [`start_peak`], in a program with [`WithPeak`].
#[must_use]
pub fn peak() -> isize {
    PEAK.get()
}

/// Resets the peak to the bytes that are currently allocated.
pub fn start_peak() {
    PEAK.set(bytes());
}

/// Runs a case once to warm up and once to count, and returns the number of allocations per
/// operation.
#[must_use]
pub fn per_operation(case: &Case) -> u64 {
    case.prepare();
    measured(case);
    case.prepare();
    let before = count();
    measured(case);
    (count() - before) as u64 / (ROUNDS * case.operations)
}
