//! The parameters of a handler.

use proc_macro2::Ident;
use syn::punctuated::Punctuated;
use syn::{Attribute, FnArg, LitStr, PatType, Token, Type, TypeReference};

use crate::context::Context;
use crate::literal;

const EXTENSION: &str = "extension";
const EXAMPLE: &str = "#[extension(\"traceparent\")]";

/// Core attributes, and the parameter that gives each.
const EXTRACTORS: [(&str, &str); 7] = [
    ("id", "Id(id): Id<'_>"),
    ("source", "Source(source): Source<'_>"),
    ("type", "Type(ty): Type<'_>"),
    ("subject", "Subject(subject): Subject<'_>"),
    ("time", "Time(time): Time"),
    ("datacontenttype", "context: &Context<'_>"),
    ("dataschema", "context: &Context<'_>"),
];

/// A parameter after the event.
pub(super) enum Parameter {
    /// It is of a type that can be extracted.
    Extractor(Type),
    /// It is the extension attribute of this name.
    Extension(LitStr, Type),
}

/// Splits the parameters into the event and what comes after it.
pub(super) fn read(
    cx: &Context,
    handler: &Ident,
    inputs: &mut Punctuated<FnArg, Token![,]>,
) -> Option<(Type, Vec<Parameter>)> {
    let mut typed = inputs.iter_mut().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    let Some(first) = typed.next() else {
        let help = "a handler takes the event as its first parameter";
        cx.error(
            handler,
            format!("{help}: `fn {handler}(event: &YourEvent)` or `fn {handler}(event: &Event)`"),
        );
        return None;
    };
    if let Some(attribute) = take_extension(&mut first.attrs) {
        cx.error(
            attribute,
            "the first parameter of a handler is the event; extensions come after it",
        );
    }
    let event = (*first.ty).clone();
    let others = typed.filter_map(|parameter| other(cx, parameter)).collect();
    Some((event, others))
}

/// Takes the reference off the type of the event.
pub(super) fn event(cx: &Context, ty: Type) -> Option<(Type, bool)> {
    match ty {
        Type::Reference(TypeReference {
            mutability: Some(token),
            ..
        }) => {
            cx.error(
                token,
                "handlers share the event: take it as `&T`, or as `T` to have one of your own",
            );
            None
        }
        Type::Reference(reference) => event_type(cx, *reference.elem).map(|ty| (ty, true)),
        ty => event_type(cx, ty).map(|ty| (ty, false)),
    }
}

fn event_type(cx: &Context, ty: Type) -> Option<Type> {
    if let Type::ImplTrait(_) | Type::Infer(_) = ty {
        cx.error(ty, "a handler takes one event type: name it");
        return None;
    }
    Some(ty)
}

fn other(cx: &Context, parameter: &mut PatType) -> Option<Parameter> {
    let ty = (*parameter.ty).clone();
    if let Type::ImplTrait(_) = ty {
        cx.error(
            ty,
            "a parameter of a handler has a type of its own: name it",
        );
        return None;
    }
    match take_extension(&mut parameter.attrs) {
        None => Some(Parameter::Extractor(ty)),
        Some(attribute) => {
            extension_name(cx, &attribute).map(|name| Parameter::Extension(name, ty))
        }
    }
}

fn take_extension(attributes: &mut Vec<Attribute>) -> Option<Attribute> {
    let at = attributes
        .iter()
        .position(|attribute| attribute.path().is_ident(EXTENSION))?;
    Some(attributes.remove(at))
}

fn extension_name(cx: &Context, attribute: &Attribute) -> Option<LitStr> {
    let Ok(name) = attribute.parse_args::<LitStr>() else {
        cx.error(
            attribute,
            format!("name the extension attribute: `{EXAMPLE}`"),
        );
        return None;
    };
    let text = name.value();
    if let Some((core, extractor)) = EXTRACTORS.iter().find(|(core, _)| *core == text) {
        cx.error(
            &name,
            format!("`{core}` is no extension: take it as `{extractor}`"),
        );
    } else {
        literal::check(cx, &name, literal::extension_name);
    }
    Some(name)
}
