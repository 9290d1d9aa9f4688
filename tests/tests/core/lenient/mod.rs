//! Events that violate the specification and are forwarded unchanged.

mod batch;
mod built;
mod crossing;
mod http;
mod json;
mod refused;

use eventkit::LenientEvent;

/// Returns the attribute, value and section of every violation.
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
