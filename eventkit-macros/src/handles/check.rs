//! Rules that involve several arguments, and rules for the function.

use syn::ext::IdentExt;
use syn::{Attribute, GenericParam, ReturnType, Safety, Signature, Type, TypeParamBound};

use super::attr::Arguments;
use super::function::HandlerFn;
use super::policy::Policy;
use crate::error_collector::ErrorCollector;
use crate::{symbol, ty};

/// Checks all rules, and removes attributes that are not allowed on a handler.
pub(super) fn check(errors: &ErrorCollector, arguments: &Arguments, function: &mut HandlerFn) {
    check_retry_delays(errors, &arguments.policy);
    check_former_names(errors, arguments);
    function.attrs.retain(|own| check_attribute(errors, own));
    check_signature(errors, &function.sig);
    check_return_type(errors, &function.sig);
}

/// Checks that the maximum delay is not shorter than the initial delay.
fn check_retry_delays(errors: &ErrorCollector, policy: &Policy) {
    if let (Some(initial), Some(max)) = (&policy.initial_delay, &policy.max_delay)
        && max.duration < initial.duration
    {
        errors.add(
            &max.literal,
            "the maximum delay is shorter than the initial delay",
        );
    }
}

/// Checks that the durable name is not also a former name.
fn check_former_names(errors: &ErrorCollector, arguments: &Arguments) {
    let Some(name) = &arguments.name else { return };
    for former in &arguments.former_names {
        if former.value() == name.value() {
            let help = "this is the current name of the handler: write a former name";
            errors.add(former, help);
        }
    }
}

/// Checks that the function is only one handler, and not a test.
fn check_attribute(errors: &ErrorCollector, attribute: &Attribute) -> bool {
    let path = attribute.path();
    let message = if ty::ends_in(path, symbol::HANDLES) {
        "the function is already a handler: write all event types in one `#[handles(\"..\", \"..\")]`"
    } else if ty::ends_in(path, symbol::TEST) {
        "a handler cannot be a test: call it from a test like any other function"
    } else {
        return true;
    };
    errors.add(&attribute.meta, message);
    false
}

/// Checks that the function is safe, free and without type parameters.
fn check_signature(errors: &ErrorCollector, signature: &Signature) {
    let params = signature.generics.params.iter();
    for param in params.filter(|param| !matches!(param, GenericParam::Lifetime(_))) {
        let help = "a handler cannot have type parameters: write concrete types, or register closures at run time";
        errors.add(param, help);
    }
    if let Safety::Unsafe(token) = &signature.safety {
        let help = "a handler cannot be `unsafe`, because the library calls it";
        errors.add(token, help);
    }
    if let Some(receiver) = signature.receiver() {
        let help = "a handler must be a free function: take the fields of `self` as `State<..>`, or register a closure at run time";
        errors.add(receiver, help);
    }
    let name = signature.ident.unraw().to_string();
    if name.starts_with(symbol::RESERVED) {
        let help =
            "names that start with `__eventkit` are reserved for generated code: use another name";
        errors.add(&signature.ident, help);
    }
}

/// Checks that the function does not return a future, which would not be awaited.
fn check_return_type(errors: &ErrorCollector, signature: &Signature) {
    let ReturnType::Type(_, returned) = &signature.output else {
        return;
    };
    if is_future(returned) {
        let name = &signature.ident;
        errors.add(
            returned,
            format!("an async handler must be an `async fn`: write `async fn {name}(..)`, and return the output of the future"),
        );
    }
}

pub(super) fn is_future(ty: &Type) -> bool {
    let gives_future = |bound: &TypeParamBound| match bound {
        TypeParamBound::Trait(bound) => ty::ends_in(&bound.path, "Future"),
        _ => false,
    };
    match ty::peeled(ty.clone()) {
        Type::ImplTrait(ty) => ty.bounds.iter().any(gives_future),
        Type::TraitObject(ty) => ty.bounds.iter().any(gives_future),
        ty => {
            let boxed = ty::wrapped(&ty, "Pin").or_else(|| ty::wrapped(&ty, "Box"));
            let alias = ty::named(&ty)
                .is_some_and(|(name, _)| name == "BoxFuture" || name == "LocalBoxFuture");
            alias || boxed.is_some_and(self::is_future)
        }
    }
}
