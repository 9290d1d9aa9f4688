//! Rules that involve more than one argument, and rules for the signature.

use syn::{Safety, Signature};

use super::attr::Arguments;
use super::policy::Policy;
use crate::error_collector::ErrorCollector;

/// Checks all rules.
pub(super) fn check(errors: &ErrorCollector, arguments: &Arguments, signature: &Signature) {
    check_retry_delays(errors, &arguments.policy);
    check_former_names(errors, arguments);
    check_signature(errors, signature);
}

/// The maximum delay is not shorter than the initial one.
fn check_retry_delays(errors: &ErrorCollector, policy: &Policy) {
    if let (Some(initial), Some(max)) = (&policy.initial_delay, &policy.max_delay)
        && max.duration < initial.duration
    {
        errors.add(&max.literal, "shorter than the initial delay");
    }
}

/// A handler does not have its name as a former one.
fn check_former_names(errors: &ErrorCollector, arguments: &Arguments) {
    let Some(name) = &arguments.name else { return };
    for former in &arguments.former_names {
        if former.value() == name.value() {
            let help = "the name that the handler has now: name the one it had before";
            errors.add(former, help);
        }
    }
}

/// A handler is one safe, free function.
fn check_signature(errors: &ErrorCollector, signature: &Signature) {
    if !signature.generics.params.is_empty() {
        let help = "a handler has no generics: it stands for one function; register closures at run time for others";
        errors.add(&signature.generics, help);
    }
    if let Safety::Unsafe(token) = &signature.safety {
        let help = "a handler is called by the library: it cannot be `unsafe`";
        errors.add(token, help);
    }
    if let Some(receiver) = signature.receiver() {
        let help =
            "a handler is a free function: take the event, and what `self` holds as `State<..>`";
        errors.add(receiver, help);
    }
}
