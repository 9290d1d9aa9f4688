//! Memory of the report of a cascade, by its depth.

use eventkit::{CloudEvent, Dispatcher, Registry, handles};
use eventkit_performance::allocations::{bytes, peak, start_peak};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.count", source = "/s")]
struct Count {
    left: u32,
}

static COUNTING: Registry = Registry::new("counts down");

#[handles(registry = COUNTING)]
fn count(count: &Count) -> Option<Count> {
    let left = count.left.checked_sub(1)?;
    Some(Count { left })
}

/// Returns the maximum number of bytes allocated while a report is built.
fn held(depth: u32) -> usize {
    let app = Dispatcher::new(&COUNTING).cascade(usize::MAX);
    let app = app.build().unwrap();
    let before = bytes();
    start_peak();
    let report = app.dispatch(&Count { left: depth }).unwrap();
    assert_eq!(report.cascaded().len(), depth as usize);
    let last = report.cascaded().last().unwrap();
    assert_eq!(last.chain().len(), depth as usize + 1);
    usize::try_from(peak() - before).unwrap()
}

#[test]
fn the_memory_of_a_report_is_linear_in_the_depth() {
    let (shallow, deep) = (held(200), held(2_000));
    assert!(deep <= 15 * shallow, "{shallow} and {deep} bytes");
}
