//! The model of a handler: a function and the arguments of the attribute.

use quote::ToTokens;
use syn::{
    Attribute, FnArg, Lifetime, LitStr, PatType, ReturnType, Signature, Type, TypeReference,
};

use super::attr::Arguments;
use super::function::HandlerFn;
use super::{emits, event};
use crate::error_collector::ErrorCollector;
use crate::{rule, symbol, ty, value};

/// The core attributes, with the parameters that extract them.
const EXTRACTORS: [(&str, &str); 7] = [
    (symbol::ID, "Id(id): Id<'_>"),
    (symbol::SOURCE, "Source(source): Source<'_>"),
    (symbol::TYPE, "Type(ty): Type<'_>"),
    (symbol::SUBJECT, "Subject(subject): Subject<'_>"),
    (symbol::TIME, "Time(time): Time"),
    (symbol::DATACONTENTTYPE, "context: &Context<'_>"),
    (symbol::DATASCHEMA, "context: &Context<'_>"),
];

/// A function that is a handler.
pub(super) struct Model {
    pub(super) arguments: Arguments,
    /// The type of the event, without the reference.
    pub(super) event: Type,
    /// Whether the event is borrowed.
    pub(super) borrows: bool,
    /// The parameters after the event.
    pub(super) parameters: Vec<Parameter>,
    /// The events that it returns, or `None` if it returns none.
    pub(super) returns: Option<Type>,
}

/// A parameter after the event.
pub(super) enum Parameter {
    /// An extractor. `is_lent` if the function takes it by `&mut`.
    Extractor { ty: Type, is_lent: bool },
    /// An extension attribute, with its name.
    Extension(LitStr, Type),
}

impl Model {
    /// Reads a function, and removes the macro's attributes from its parameters.
    pub(super) fn read(
        errors: &ErrorCollector,
        arguments: Arguments,
        function: &mut HandlerFn,
    ) -> Option<Self> {
        // An error was already reported for the missing event.
        if function.sig.receiver().is_some() {
            return None;
        }
        let (event, parameters) = parameters(errors, &mut function.sig)?;
        let returns = returned_events(&function.sig);
        let is_named = returns
            .as_ref()
            .is_none_or(|events| check_named(errors, events));
        let (event, borrows) = event::split(errors, event)?;
        is_named.then_some(Self {
            arguments,
            event,
            borrows,
            parameters,
            returns,
        })
    }
}

impl Parameter {
    /// Reads a parameter after the event.
    fn read(
        errors: &ErrorCollector,
        parameter: &mut PatType,
        lifetimes: &[&Lifetime],
    ) -> Option<Self> {
        let ty = own_type(&parameter.ty, lifetimes);
        if let Type::ImplTrait(_) = ty {
            return errors.fail(
                ty,
                "the parameters of a handler need concrete types: write the type",
            );
        }
        match take_extension(&mut parameter.attrs) {
            None => Some(match ty {
                Type::Reference(TypeReference {
                    mutability: Some(_),
                    elem,
                    ..
                }) => Self::Extractor {
                    ty: ty::peeled(*elem),
                    is_lent: true,
                },
                ty => Self::Extractor { ty, is_lent: false },
            }),
            Some(attribute) => {
                extension_name(errors, &attribute).map(|name| Self::Extension(name, ty))
            }
        }
    }
}

/// Splits the parameters into the event and those after it.
fn parameters(
    errors: &ErrorCollector,
    signature: &mut Signature,
) -> Option<(Type, Vec<Parameter>)> {
    let handler = &signature.ident;
    let lifetimes = signature.generics.lifetimes();
    let lifetimes: Vec<&Lifetime> = lifetimes.map(|param| &param.lifetime).collect();
    let typed = signature.inputs.iter_mut().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    let mut typed: Vec<&mut PatType> = typed.collect();
    let Some((first, others)) = typed.split_first_mut() else {
        let help = "the first parameter of a handler must be the event";
        return errors.fail(
            handler,
            format!(
                "{help}: write `fn {handler}(event: &YourEvent)` or `fn {handler}(event: &Event)`"
            ),
        );
    };
    if let Some(attribute) = take_extension(&mut first.attrs) {
        errors.add(
            attribute,
            "the first parameter of a handler must be the event: move the extension after it",
        );
    }
    let event = own_type(&first.ty, &lifetimes);
    let after: Vec<&PatType> = others.iter().map(|other| &**other).collect();
    let is_event = event::check_first(errors, first, &after);
    let others = others
        .iter_mut()
        .filter_map(|parameter| Parameter::read(errors, parameter, &lifetimes))
        .collect();
    is_event.then_some((event, others))
}

/// Returns the events of the return type, or `None` if it contains none.
fn returned_events(signature: &Signature) -> Option<Type> {
    let ReturnType::Type(_, returned) = &signature.output else {
        return None;
    };
    let lifetimes = signature.generics.lifetimes();
    let lifetimes: Vec<&Lifetime> = lifetimes.map(|param| &param.lifetime).collect();
    emits::returned_events(&own_type(returned, &lifetimes))
}

/// Returns whether the type of returned events can be named.
fn check_named(errors: &ErrorCollector, events: &Type) -> bool {
    let each = emits::each(events);
    match &each {
        // The compiler reports it.
        Type::Infer(_) => return false,
        // The future was already reported.
        _ if super::check::is_future(events) => return false,
        Type::ImplTrait(_) | Type::TraitObject(_) => {}
        _ if !ty::has_keyword(events, "impl") => return true,
        _ => {}
    }
    errors.add(
        events,
        "the events that a handler returns need a concrete type: write the type",
    );
    false
}

/// Returns a type in the form for generated code, where lifetimes cannot be named.
fn own_type(ty: &Type, lifetimes: &[&Lifetime]) -> Type {
    if lifetimes.is_empty() {
        return ty::peeled(ty.clone());
    }
    let tokens = ty::without_lifetimes(ty.to_token_stream(), lifetimes);
    ty::peeled(syn::parse2(tokens).unwrap_or_else(|_| ty.clone()))
}

fn take_extension(attributes: &mut Vec<Attribute>) -> Option<Attribute> {
    let at = attributes
        .iter()
        .position(|attribute| attribute.path().is_ident(symbol::EXTENSION))?;
    Some(attributes.remove(at))
}

fn extension_name(errors: &ErrorCollector, attribute: &Attribute) -> Option<LitStr> {
    let Ok(name) = attribute.parse_args::<LitStr>() else {
        return errors.fail(
            attribute,
            "expected the name of an extension attribute: write `#[extension(\"traceparent\")]`",
        );
    };
    let text = name.value();
    if let Some((core, extractor)) = EXTRACTORS.iter().find(|(core, _)| *core == text) {
        errors.add(
            &name,
            format!("`{core}` is not an extension: take it as `{extractor}`"),
        );
    } else {
        value::check(errors, &name, rule::extension_name);
    }
    Some(name)
}
