//! Events that break the specification, and are passed on as they came.

mod batch;
mod crossing;
mod http;
mod json;
mod refused;

use eventkit::LenientEvent;

/// Returns attribute, value and section of every violation.
fn violations(event: &LenientEvent) -> Vec<(&str, Option<&str>, &str)> {
    let each = event.violations().iter();
    each.map(|violation| {
        assert!(!violation.expected().is_empty(), "{violation:?}");
        (
            violation.attribute(),
            violation.value(),
            violation.section(),
        )
    })
    .collect()
}

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
