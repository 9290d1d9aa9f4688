//! What filters allocate when they are asked, which is nothing where no text has to be made.
//!
//! A binary of its own, and one test: the allocator counts for the whole program.

// To count is to implement `GlobalAlloc`, which is unsafe.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use eventkit::Event;
use eventkit::filter::Filter;

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed to the allocator of the system as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the contract is the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the contract is the caller's.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn filters_that_make_no_text_allocate_nothing() {
    let builder = Event::builder()
        .id("1")
        .source("/s")
        .ty("co.outcome.order.placed");
    let event = builder
        .subject("eu-7")
        .extension("priority", 4)
        .build()
        .unwrap();
    let filters = [
        Filter::exact([("type", "co.outcome.order.placed")]).unwrap(),
        Filter::prefix([("subject", "eu-")]).unwrap(),
        Filter::suffix([("type", ".placed")]).unwrap(),
        Filter::sql("subject LIKE 'eu-%' AND priority > 3").unwrap(),
        Filter::sql("EXISTS priority AND NOT EXISTS test AND priority * 2 - 1 = 7").unwrap(),
        Filter::sql("type IN ('a', 'co.outcome.order.placed') OR LENGTH(subject) > 9").unwrap(),
    ];
    for filter in &filters {
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        let passes = filter.evaluate(&event).unwrap();
        let allocated = ALLOCATIONS.load(Ordering::Relaxed) - before;
        assert!(passes, "{filter}");
        assert_eq!(allocated, 0, "{filter}");
    }
}
