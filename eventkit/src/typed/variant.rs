//! Compile-time checks of the variants of an enum.

use super::const_check::equal;
use super::const_string::ConstString;

/// Returns the type of each variant, for [`check_variant`] to check that each has exactly one.
///
/// Types that depend on type parameters are only known in each instantiation, so the variants are
/// `checked` here, where the compiler evaluates the constant of an instantiation.
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

/// Returns the first event type that does not declare a source.
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

/// Checks that a variant contains one event type, which no earlier variant contains.
///
/// `variants` are names and types, and `at` is the index of the variant to check.
///
/// # Panics
///
/// Panics at compile time if it does not.
#[track_caller]
pub const fn check_variant(name: &str, variants: &[(&str, &[&str])], at: usize) {
    let (variant, types) = variants[at];
    let variant_of = ConstString::new()
        .push("`")
        .push(name)
        .push("::")
        .push(variant);
    if types.len() != 1 {
        let message =
            variant_of.push("` must contain one event type, but contains a set of them: ");
        let message = message
            .push_types(types)
            .push("; write a variant for each of them");
        panic!("{}", message.as_str())
    }
    let mut earlier = 0;
    while earlier < at {
        let (other, others) = variants[earlier];
        if others.len() == 1 && equal(others[0], types[0]) {
            let message = variant_of
                .push("` has the same event type as `")
                .push(name)
                .push("::");
            let message = message.push(other).push("`, ").push_types(types);
            let message = message.push(": remove one of the two variants");
            panic!("{}", message.as_str())
        }
        earlier += 1;
    }
}
