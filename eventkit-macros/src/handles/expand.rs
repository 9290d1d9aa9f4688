//! The expansion of `#[handles]`: a static next to the function.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{ReturnType, Type};

use super::attr::EventPattern;
use super::function::HandlerFn;
use super::model::{Model, Parameter};
use crate::span::respanned;
use crate::{attributes, rule, ty, value};

/// Returns the name of the static next to a function.
///
/// The compiler shows the name if `handlers!` gets a path to a function without the static next to
/// it.
pub(super) fn static_name(function: &Ident) -> Ident {
    format_ident!(
        "__eventkit_handler_where_fn_{}_is_defined",
        function.unraw(),
        span = function.span()
    )
}

/// Returns the unchanged function, the static with its checks, and the registration for discovery.
pub(super) fn expand(model: &Model, function: &HandlerFn) -> TokenStream {
    let crate_path = model.arguments.crate_path.clone();
    let crate_path = crate_path.unwrap_or_else(value::default_crate_path);
    let private = quote!(#crate_path::__private);
    let conditions = attributes::conditions(&function.attrs);
    let items = items(model, function, &private);
    // The location of errors about where a handler is defined.
    let place = function.sig.ident.span();
    let private_here = respanned(&private, place);
    let carrier = quote_spanned!(place=> impl () {});
    let attribute = quote_spanned!(place=> #[#private_here::__items(#items)]);
    let function = function.with_empty_generics();
    quote!(#function #conditions #attribute #carrier)
}

/// Returns the items next to the function.
fn items(model: &Model, function: &HandlerFn, private: &TokenStream) -> TokenStream {
    let lints = attributes::allowed_lints(&function.attrs);
    let (vis, name) = (&function.vis, static_name(&function.sig.ident));
    let function_name = function.sig.ident.unraw().to_string();
    let metadata = metadata(model, function, private, &function_name);
    let types = types(model);
    let event = event(model, private);
    let checks = checks(model, private, &function_name);
    let call = call(model, function, private);
    let returns = returns(model, private, &function_name);
    // If the function never returns, the conversion of its result is unreachable.
    let unreachable = match &function.sig.output {
        ReturnType::Type(_, ty) if is_never(ty) => quote!(#[allow(unreachable_code)]),
        _ => TokenStream::new(),
    };
    quote! {
        #[doc(hidden)]
        #[allow(non_upper_case_globals, unreachable_pub, deprecated)]
        #unreachable
        #lints
        #vis static #name: #private::HandlerEntry = {
            #types
            let __eventkit_metadata = #metadata;
            // The expressions of the user are outside of this block.
            {
                #event
                #checks
                #call
                #private::HandlerEntry::new(
                    __eventkit_metadata, __EVENTKIT_EVENT.typed, #returns, __eventkit_call
                )
            }
        };

        #private::discover! { HANDLERS: &'static #private::HandlerEntry = &#name }
    }
}

/// Returns the constant of the event types and patterns, if there are any.
fn types(model: &Model) -> Option<TokenStream> {
    let types = &model.arguments.types;
    let number = types.len();
    (number > 0).then(
        || quote!(const __EVENTKIT_TYPES: [&::core::primitive::str; #number] = [#(#types),*];),
    )
}

/// Returns a reference to the event types and patterns.
fn types_ref(model: &Model) -> TokenStream {
    if model.arguments.types.is_empty() {
        quote!(&[])
    } else {
        quote!(&__EVENTKIT_TYPES)
    }
}

/// Returns the metadata without the type of the event.
fn metadata(
    model: &Model,
    function: &HandlerFn,
    private: &TokenStream,
    function_name: &str,
) -> TokenStream {
    let arguments = &model.arguments;
    let order = arguments.order.iter();
    let registry = arguments.registry.iter().map(|path| {
        // The span of the path, where the compiler reports that it is not a registry.
        let private_here = respanned(private, path.span());
        quote_spanned!(path.span()=> ::core::option::Option::Some(#private_here::Registry::key(&#path)))
    });
    let filter = arguments.filter.as_ref().map(|filter| {
        let text = &filter.literal;
        quote!(filter: ::core::option::Option::Some({
            static __EVENTKIT_FILTER: #private::LiteralFilter =
                #private::LiteralFilter::new(|| #private::Filter::sql(#text));
            &__EVENTKIT_FILTER
        }),)
    });
    let emits = arguments.emits.iter().map(|set| set.expand(private));
    let emits = (!arguments.emits.is_empty()).then(|| quote!(emits: &[#(#emits),*],));
    let durable_name = arguments.name.iter();
    let former_names = &arguments.former_names;
    let former_names =
        (!former_names.is_empty()).then(|| quote!(former_names: &[#(#former_names),*],));
    let start = arguments.start.as_ref().map(|start| {
        let start = start.expand(private);
        quote!(start: ::core::option::Option::Some(#start),)
    });
    let policy = arguments.policy.expand(private);
    let requirements = requirements(model, &extractor_trait(function), private);
    let options = quote! {
        #(order: #order,)*
        #(registry: #registry,)*
        #filter
        #emits
        #(durable_name: ::core::option::Option::Some(#durable_name),)*
        #former_names
        #start
        #policy
        #requirements
    };
    let types = types_ref(model);
    let plain = quote! {
        #private::HandlerMetadata::new(
            ::core::concat!(::core::module_path!(), "::", #function_name),
            #private::Location::new(::core::file!(), ::core::line!(), ::core::column!()),
            ::core::option::Option::None,
            #types,
        )
    };
    if options.is_empty() {
        return plain;
    }
    quote!(#private::HandlerMetadata { #options ..#plain })
}

/// Returns the metadata of the event. The bound has the span of the type.
fn event(model: &Model, private: &TokenStream) -> TokenStream {
    let event = &model.event;
    let place = event.span();
    if model.borrows {
        let known = quote_spanned!(place=> #private::borrowed_event::<#event>());
        return quote!(const __EVENTKIT_EVENT: #private::EventMeta<#private::BorrowEvent<#event>> = #known;);
    }
    let known = quote_spanned!(place=> #private::owned_event::<#event>(__EVENTKIT_CLONING));
    quote! {
        const __EVENTKIT_CLONING: #private::Cloning<#event> = {
            #[allow(unused_imports)]
            use #private::NotClone as _;
            #private::CloneProbe::<#event>::__EVENTKIT_CLONING
        };
        const __EVENTKIT_EVENT: #private::EventMeta<#private::OwnEvent<#event>> = #known;
    }
}

/// Returns a function that gets the arguments from an invocation and calls the user's function.
fn call(model: &Model, function: &HandlerFn, private: &TokenStream) -> TokenStream {
    let name = &function.sig.ident;
    let place = model.event.span();
    let invocation = local("__eventkit_invocation", &model.event);
    let get = Ident::new(if model.borrows { "borrow" } else { "own" }, place);
    let at_event = respanned(private, place);
    let event = quote_spanned!(place=> #at_event::EventMeta::#get(&__EVENTKIT_EVENT, #invocation)?);
    let others = model
        .parameters
        .iter()
        .map(|parameter| argument(parameter, function, private));
    let arguments = quote!(#event #(, #others)*);
    if function.sig.asyncness.is_none() {
        let outcome = outcome(&quote!(#name(#arguments)), function, private);
        return quote! {
            const __eventkit_call: #private::Call = #private::Call::Sync(|__eventkit_invocation| #outcome);
        };
    }
    let outcome = outcome(&quote!(#name(#arguments).await), function, private);
    // The compiler reports a future that is not `Send` at the name of the function.
    let private_here = respanned(private, name.span());
    let future = quote_spanned!(name.span()=> #private_here::require_send(async move { #outcome }));
    quote! {
        const __eventkit_call: #private::Call = {
            fn __eventkit_call<'a>(__eventkit_invocation: &'a #private::Invocation<'a>) -> #private::OutcomeFuture<'a> {
                #future
            }
            #private::Call::Async(__eventkit_call)
        };
    }
}

/// Returns the event types of the return type.
///
/// Only the call reports a type that a handler cannot return.
fn returns(model: &Model, private: &TokenStream, function_name: &str) -> TokenStream {
    let Some(returned) = &model.returns else {
        return quote!(&[]);
    };
    // A type without a source is reported at the type.
    let private_here = respanned(private, returned.span());
    let types = quote! {{
        #[allow(unused_imports)]
        use #private::NoEmissions as _;
        #private::Emissions::<#returned>::__EVENTKIT_EMITS
    }};
    quote_spanned!(returned.span()=> #private_here::ReturnedTypes::checked(#types, #function_name))
}

/// Returns the conversion of the return value into an outcome, with the decision of its error.
fn outcome(returned: &TokenStream, function: &HandlerFn, private: &TokenStream) -> TokenStream {
    let (place, ty) = match &function.sig.output {
        // `!` coerces to the expected type. Lints on that are not reported for generated code.
        ReturnType::Type(_, ty) if is_never(ty) => (Span::call_site(), Some(quote!(::<()>))),
        ReturnType::Type(_, ty) => (ty.span(), None),
        ReturnType::Default => (Span::call_site(), None),
    };
    let private = respanned(private, place);
    let invocation = Ident::new("__eventkit_invocation", call_site(place));
    quote_spanned! {place=> {
        #[allow(unused_imports)]
        use #private::{AutorefOutcome as _, AutorefPointer as _, AutorefResult as _};
        #private::Returned #ty::new(#returned).__eventkit_outcome(#invocation)
    }}
}

fn is_never(ty: &Type) -> bool {
    matches!(ty::peeled(ty.clone()), Type::Never(_))
}

/// Returns the name of the extractor trait, which is async for async functions.
fn extractor_trait(function: &HandlerFn) -> Ident {
    format_ident!(
        "{}",
        if function.sig.asyncness.is_some() {
            "ExtractAsync"
        } else {
            "Extract"
        }
    )
}

fn argument(parameter: &Parameter, function: &HandlerFn, private: &TokenStream) -> TokenStream {
    let (Parameter::Extractor { ty, .. } | Parameter::Extension(_, ty)) = parameter;
    let invocation = local("__eventkit_invocation", ty);
    match parameter {
        Parameter::Extractor { is_lent, .. } => {
            let lent = is_lent.then(|| quote_spanned!(ty.span()=> &mut));
            if function.sig.asyncness.is_some() {
                return quote_spanned!(ty.span()=> #lent <#ty as #private::ExtractAsync<'_>>::extracting(#invocation).await?);
            }
            quote_spanned!(ty.span()=> #lent <#ty as #private::Extract<'_>>::from_invocation(#invocation)?)
        }
        Parameter::Extension(name, _) => {
            quote_spanned!(ty.span()=> #private::Invocation::extension::<#ty>(#invocation, #name)?)
        }
    }
}

/// Returns the name of a generated variable, located at a type.
///
/// It is resolved at the call site, because the type may come from another macro.
fn local(name: &str, ty: &Type) -> Ident {
    Ident::new(name, call_site(ty.span()))
}

/// Returns a span at a location for a name that is resolved at the call site.
fn call_site(place: Span) -> Span {
    place.resolved_at(Span::call_site())
}

/// Returns the metadata fields for the extractors: required state, sent events, and whether they
/// need the envelope.
fn requirements(model: &Model, extract: &Ident, private: &TokenStream) -> Option<TokenStream> {
    if model.parameters.is_empty() {
        return None;
    }
    let mut needs = TokenStream::new();
    let mut sends = Vec::new();
    let mut requires = TokenStream::new();
    for parameter in &model.parameters {
        match parameter {
            Parameter::Extractor { ty, .. } => {
                needs.extend(
                    quote_spanned!(ty.span()=> || <#ty as #private::#extract<'_>>::NEEDS_EVENT),
                );
                sends.push(quote_spanned!(ty.span()=> <#ty as #private::#extract<'_>>::EMITS));
                let requirements = local("__eventkit_requirements", ty);
                requires.extend(quote_spanned!(ty.span()=> <#ty as #private::#extract<'_>>::requires(#requirements);));
            }
            Parameter::Extension(..) => needs.extend(quote!(|| true)),
        }
    }
    Some(quote! {
        needs_event: false #needs,
        sends: &[#(#sends),*],
        requires: |__eventkit_requirements| { let _ = &__eventkit_requirements; #requires },
    })
}

/// Returns compile-time checks of the event types, the filter and the key against the type of the
/// parameter.
fn checks(model: &Model, private: &TokenStream, function_name: &str) -> TokenStream {
    let event = &model.event;
    let event_name = ty::text(event);
    let types = model.arguments.types.iter().enumerate();
    let types = types.map(|(at, pattern)| {
        let place = pattern.span();
        let private = respanned(private, place);
        let constant = matches!(pattern, EventPattern::Constant(_)).then(|| {
            quote_spanned!(place=> const _: () = #private::check_pattern(__EVENTKIT_TYPES[#at]);)
        });
        quote_spanned! {place=>
            #constant
            const _: () = __EVENTKIT_EVENT.check_type(#function_name, __EVENTKIT_TYPES[#at], #event_name);
        }
    });
    let types: TokenStream = types.collect();
    let untyped = types.is_empty().then(|| {
        quote_spanned!(event.span()=> const _: () = __EVENTKIT_EVENT.check_untyped(#function_name);)
    });
    let types_ref = &types_ref(model);
    let filter = model.arguments.filter.iter().flat_map(|filter| {
        let place = filter.literal.span();
        let read = filter.extensions.iter();
        read.map(move |name| {
            quote_spanned!(place=> const _: () = __EVENTKIT_EVENT.check_filter(#function_name, #name, #types_ref);)
        })
    });
    let key = model.arguments.policy.key.iter();
    let key = key.filter(|name| !rule::is_reserved(&name.value()));
    let key = key.map(|name| {
        quote_spanned!(name.span()=> const _: () = __EVENTKIT_EVENT.check_key(#function_name, #name, #types_ref);)
    });
    quote!(#types #untyped #(#filter)* #(#key)*)
}
