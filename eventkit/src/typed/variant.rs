//! The checks of an enum's variants, run by the compiler.

use super::const_string::ConstString;

/// Returns the type of what a variant holds; where it is not one, [`check_variant`] says so.
#[must_use]
pub const fn single(types: &[&'static str]) -> &'static str {
    if types.len() == 1 { types[0] } else { "" }
}

/// Refuses a variant that holds several event types, or one that an earlier variant holds.
///
/// `variants` are names and types, and `at` is the variant to look at.
///
/// # Panics
///
/// Panics, while the compiler runs, if the variant has to be refused.
#[track_caller]
pub const fn check_variant(name: &str, variants: &[(&str, &[&str])], at: usize) {
    let (variant, types) = variants[at];
    let variant_of = ConstString::new()
        .push("`")
        .push(name)
        .push("::")
        .push(variant);
    if types.len() != 1 {
        let message = variant_of.push("` holds a type that is no single event type but a set: ");
        let message = message
            .push_types(types)
            .push("; give each of them a variant");
        panic!("{}", message.as_str())
    }
    let mut earlier = 0;
    while earlier < at {
        let (other, others) = variants[earlier];
        if others.len() == 1 && equal(others[0], types[0]) {
            let message = variant_of
                .push("` holds the event type of `")
                .push(name)
                .push("::");
            let message = message.push(other).push("`, ").push_types(types);
            let message = message.push(": an event could not tell which to become");
            panic!("{}", message.as_str())
        }
        earlier += 1;
    }
}

/// `==` of strings is no `const fn`.
const fn equal(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}
