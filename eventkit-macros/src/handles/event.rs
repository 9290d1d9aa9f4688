//! The event: the first parameter of a handler.

use proc_macro2::Ident;
use syn::{GenericArgument, Pat, PatType, Type, TypeReference};

use crate::error_collector::ErrorCollector;
use crate::ty;

/// Wrappers of one value, which handlers do not take.
const POINTERS: [&str; 4] = ["Arc", "Box", "Cow", "Rc"];
/// Wrappers of several or no values, which handlers do not take.
const COLLECTIONS: [&str; 3] = ["Option", "Result", "Vec"];
/// Extractors that borrow from the event.
const BORROWING: [&str; 4] = ["Id", "Source", "Subject", "Type"];
/// Extractors whose names an event type may have.
const OTHERS: [&str; 3] = ["Outgoing", "State", "Time"];
const CONTEXT: &str = "Context";

/// Splits a type into the type without the reference, and whether it is a reference.
pub(super) fn split(errors: &ErrorCollector, ty: Type) -> Option<(Type, bool)> {
    match ty::peeled(ty) {
        Type::Reference(TypeReference {
            mutability: Some(token),
            ..
        }) => errors.fail(
            token,
            "handlers share the event: take it by reference, `&T`, or by value, `T`",
        ),
        Type::Reference(reference) => {
            nameable(errors, ty::peeled(*reference.elem)).map(|ty| (ty, true))
        }
        ty => nameable(errors, ty).map(|ty| (ty, false)),
    }
}

/// Rejects a type that generated code cannot name, and one that is not an event.
fn nameable(errors: &ErrorCollector, ty: Type) -> Option<Type> {
    match &ty {
        // The compiler reports it.
        Type::Infer(_) => None,
        Type::ImplTrait(_) | Type::TraitObject(_) => {
            errors.fail(&ty, "a handler needs a concrete event type: write the type")
        }
        Type::Reference(reference) => errors.fail(&ty, unwrapped(&reference.elem)),
        Type::Slice(slice) => errors.fail(&ty, one_event(&slice.elem)),
        Type::Array(array) => errors.fail(&ty, one_event(&array.elem)),
        Type::Tuple(_) => errors.fail(
            &ty,
            "a handler is called with a single event: take an enum of event types that derives `CloudEvent`",
        ),
        _ => match wrapper(&ty) {
            Some((name, inner)) if POINTERS.iter().any(|own| name == own) => {
                errors.fail(&ty, unwrapped(inner))
            }
            Some((name, inner)) if COLLECTIONS.iter().any(|own| name == own) => {
                errors.fail(&ty, one_event(inner))
            }
            _ => Some(ty),
        },
    }
}

/// Returns the name of a type, and the type that it wraps.
fn wrapper(ty: &Type) -> Option<(&Ident, &Type)> {
    let (name, arguments) = ty::named(ty)?;
    let inner = arguments.into_iter().find_map(|argument| match argument {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    });
    Some((name, inner?))
}

fn unwrapped(inner: &Type) -> String {
    let inner = ty::text(inner);
    format!("handlers share the event: take it by reference, `&{inner}`, or by value, `{inner}`")
}

fn one_event(inner: &Type) -> String {
    format!(
        "a handler is always called with a single event: take `&{}`",
        ty::text(inner)
    )
}

/// Rejects an extractor in place of the event.
///
/// The name alone is ambiguous, because an event type may have it. So `others`, the parameters
/// after it, or the pattern decide.
pub(super) fn check_first(errors: &ErrorCollector, first: &PatType, others: &[&PatType]) -> bool {
    let event = others.iter().find(|other| is_shared(&other.ty));
    if !is_extractor(first, event.is_some()) {
        return true;
    }
    let help = "the first parameter of a handler must be the event, followed by any extractors";
    let example = event.map_or("event: &YourEvent".to_owned(), |event| {
        format!("{}: {}", ty::text(&event.pat), ty::text(&event.ty))
    });
    errors.add(first, format!("{help}: start with `{example}`"));
    false
}

fn is_extractor(first: &PatType, before_an_event: bool) -> bool {
    let ty = ty::peeled((*first.ty).clone());
    let ty = ty::wrapped(&ty, "Option").cloned().unwrap_or(ty);
    if let Type::Reference(reference) = &ty {
        return before_an_event && !is_shared(&ty) && is_named(&reference.elem, CONTEXT);
    }
    let Some((name, arguments)) = ty::named(&ty) else {
        return false;
    };
    let borrows = matches!(arguments[..], [GenericArgument::Lifetime(_)]);
    let taken_apart = matches!(&*first.pat, Pat::TupleStruct(pattern) if ty::ends_in(&pattern.path, &name.to_string()));
    let names = BORROWING.iter().chain(&OTHERS);
    borrows && BORROWING.iter().any(|own| name == own)
        || (taken_apart || before_an_event) && names.into_iter().any(|own| name == own)
}

/// Returns whether a type is a reference to anything but the context.
fn is_shared(ty: &Type) -> bool {
    matches!(ty::peeled(ty.clone()), Type::Reference(reference) if !is_named(&reference.elem, CONTEXT))
}

fn is_named(ty: &Type, wanted: &str) -> bool {
    let ty = ty::peeled(ty.clone());
    ty::named(&ty).is_some_and(|(name, _)| name == wanted)
}
