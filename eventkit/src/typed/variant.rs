//! The checks of an enum's variants, run by the compiler.

use super::const_check::equal;
use super::const_string::ConstString;

/// Returns the type of each variant; [`check_variant`] refuses one that has not exactly one.
///
/// The types of type parameters are known in each instantiation only, so `checked` refuses the
/// variants here, where the compiler evaluates the constant of an instantiation.
#[must_use]
#[track_caller]
pub const fn single_types<const N: usize>(
    name: &str,
    variants: &[(&str, &[&'static str])],
    checked: bool,
) -> [&'static str; N] {
    let mut types = [""; N];
    let mut at = 0;
    while at < N {
        if checked {
            check_variant(name, variants, at);
        }
        if let [ty] = variants[at].1 {
            types[at] = ty;
        }
        at += 1;
    }
    types
}

/// Returns the extensions that the events of each variant declare.
#[must_use]
pub const fn single_extensions<const N: usize>(
    variants: &[&'static [&'static [&'static str]]],
) -> [&'static [&'static str]; N] {
    let mut extensions: [&[&str]; N] = [&[]; N];
    let mut at = 0;
    while at < N {
        if let [own] = variants[at] {
            extensions[at] = own;
        }
        at += 1;
    }
    extensions
}

/// Returns the first event type that declares no source.
#[must_use]
pub const fn first_without_source(variants: &[Option<&'static str>]) -> Option<&'static str> {
    let mut at = 0;
    while at < variants.len() {
        if variants[at].is_some() {
            return variants[at];
        }
        at += 1;
    }
    None
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
