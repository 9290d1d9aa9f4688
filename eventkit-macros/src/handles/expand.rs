//! Expansion of `#[handles]`: one static beside the function.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, ItemFn, Type};

use super::model::{Model, Parameter};
use crate::value;

/// Returns the name of the static beside a function.
pub(super) fn static_name(function: &Ident) -> Ident {
    format_ident!(
        "__eventkit_handles_{}",
        function.unraw(),
        span = function.span()
    )
}

/// Returns the unchanged function, the static with its checks, and the registration for discovery.
pub(super) fn expand(model: &Model, function: &ItemFn) -> TokenStream {
    let crate_path = model.arguments.crate_path.clone();
    let crate_path = crate_path.unwrap_or_else(value::default_crate_path);
    let private = quote!(#crate_path::__private);
    let conditions: Vec<&Attribute> = function
        .attrs
        .iter()
        .filter(|own| own.path().is_ident("cfg"))
        .collect();
    let (vis, name) = (&function.vis, static_name(&function.sig.ident));
    let event = event(model, &private);
    let function_name = function.sig.ident.unraw().to_string();
    let types = &model.arguments.types;
    let call = call(model, function, &private);
    let order = model.arguments.order.iter();
    let registry = model.arguments.registry.iter().map(|path| {
        // The span is the path's: that is where the compiler reports what is not a registry.
        let private_here = respanned(&private, path.span());
        quote_spanned!(path.span()=> ::core::option::Option::Some(#private_here::Registry::key(&#path)))
    });
    let filter = model.arguments.filter.as_ref().map(|text| {
        quote!(filter: ::core::option::Option::Some({
            static __EVENTKIT_FILTER: #private::LiteralFilter =
                #private::LiteralFilter::new(|| #private::Filter::sql(#text));
            &__EVENTKIT_FILTER
        }),)
    });
    let durable_name = model.arguments.name.iter();
    let former_names = &model.arguments.former_names;
    let former_names =
        (!former_names.is_empty()).then(|| quote!(former_names: &[#(#former_names),*],));
    let start = model.arguments.start.as_ref().map(|start| {
        let start = start.expand(&private);
        quote!(start: ::core::option::Option::Some(#start),)
    });
    let policy = model.arguments.policy.expand(&private);
    let requirements = requirements(model, &private);
    let checks = checks(model, &function_name);
    quote! {
        #function

        #(#conditions)*
        #[doc(hidden)]
        #[allow(non_upper_case_globals, unreachable_pub, deprecated)]
        #vis static #name: #private::HandlerEntry = {
            #event
            #checks
            #call
            let __eventkit_metadata = #private::HandlerMetadata {
                #(order: #order,)*
                #(registry: #registry,)*
                #filter
                #(durable_name: ::core::option::Option::Some(#durable_name),)*
                #former_names
                #start
                #policy
                #requirements
                ..#private::HandlerMetadata::new(
                    ::core::concat!(::core::module_path!(), "::", #function_name),
                    #private::Location::new(::core::file!(), ::core::line!(), ::core::column!()),
                    __EVENTKIT_EVENT.typed,
                    &[#(#types),*],
                )
            };
            #private::HandlerEntry::new(__eventkit_metadata, __eventkit_call)
        };

        #(#conditions)*
        #private::discover! { HANDLERS: &'static #private::HandlerEntry = &#name }
    }
}

/// Returns the metadata of the event. The bound on its type is located at the type.
fn event(model: &Model, private: &TokenStream) -> TokenStream {
    let event = &model.event;
    let place = event.span();
    if model.borrows {
        let known = quote_spanned!(place=> #private::borrowed_event::<#event>());
        return quote!(const __EVENTKIT_EVENT: #private::EventMeta<#private::BorrowEvent<#event>> = #known;);
    }
    let known = quote_spanned!(place=> #private::owned_event::<#event>());
    quote!(const __EVENTKIT_EVENT: #private::EventMeta<#private::OwnEvent<#event>> = #known;)
}

/// Returns the function that takes the arguments from an invocation and calls the user's function.
fn call(model: &Model, function: &ItemFn, private: &TokenStream) -> TokenStream {
    let name = &function.sig.ident;
    let output = function.sig.output.span();
    let event = model.event.span();
    let invocation = local("__eventkit_invocation", &model.event);
    let event = quote_spanned!(event=> (__EVENTKIT_EVENT.get)(#invocation)?);
    let others = model
        .parameters
        .iter()
        .map(|parameter| argument(parameter, private));
    let arguments = quote!(#event #(, #others)*);
    if function.sig.asyncness.is_none() {
        let outcome = outcome(&quote!(#name(#arguments)), output, private);
        return quote! {
            const __eventkit_call: #private::Call = #private::Call::Sync(|__eventkit_invocation| #outcome);
        };
    }
    let outcome = outcome(&quote!(#name(#arguments).await), output, private);
    // The compiler reports a future that is not `Send` at the span of the function.
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

/// Returns the conversion of the return value to an outcome, with the decision of its error if any.
fn outcome(returned: &TokenStream, output: Span, private: &TokenStream) -> TokenStream {
    quote_spanned! {output=> {
        #[allow(unused_imports)]
        use #private::AutorefOutcome as _;
        #private::Returned(#returned).into_outcome()
    }}
}

fn argument(parameter: &Parameter, private: &TokenStream) -> TokenStream {
    let (Parameter::Extractor(ty) | Parameter::Extension(_, ty)) = parameter;
    let invocation = local("__eventkit_invocation", ty);
    match parameter {
        Parameter::Extractor(_) => {
            quote_spanned!(ty.span()=> <#ty as #private::Extract<'_>>::from_invocation(#invocation)?)
        }
        Parameter::Extension(name, _) => {
            quote_spanned!(ty.span()=> #invocation.extension::<#ty>(#name)?)
        }
    }
}

/// Returns the name of a generated variable in code that is located at a type.
///
/// Resolved at the call site, since the type may come from another macro.
fn local(name: &str, ty: &Type) -> Ident {
    Ident::new(name, ty.span().resolved_at(Span::call_site()))
}

/// Returns the fields for the state that extractors need, and whether they need the envelope.
fn requirements(model: &Model, private: &TokenStream) -> Option<TokenStream> {
    if model.parameters.is_empty() {
        return None;
    }
    let mut needs = TokenStream::new();
    let mut requires = TokenStream::new();
    for parameter in &model.parameters {
        match parameter {
            Parameter::Extractor(ty) => {
                needs.extend(
                    quote_spanned!(ty.span()=> || <#ty as #private::Extract<'_>>::NEEDS_EVENT),
                );
                let requirements = local("__eventkit_requirements", ty);
                requires.extend(quote_spanned!(ty.span()=> <#ty as #private::Extract<'_>>::requires(#requirements);));
            }
            Parameter::Extension(..) => needs.extend(quote!(|| true)),
        }
    }
    Some(quote! {
        needs_event: false #needs,
        requires: |__eventkit_requirements| { let _ = &__eventkit_requirements; #requires },
    })
}

/// Returns const checks of the literals against the type of the parameter.
fn checks(model: &Model, function_name: &str) -> TokenStream {
    let event = &model.event;
    if model.arguments.types.is_empty() {
        return quote_spanned!(event.span()=> const _: () = __EVENTKIT_EVENT.check_untyped(#function_name););
    }
    let event_name = event.to_token_stream().to_string().replace(' ', "");
    let check = |literal: &syn::LitStr| quote_spanned!(literal.span()=> const _: () = __EVENTKIT_EVENT.check_type(#function_name, #literal, #event_name););
    model.arguments.types.iter().map(check).collect()
}

/// Moves all tokens to one span: errors in a call are located at its first token.
fn respanned(tokens: &TokenStream, span: Span) -> TokenStream {
    let place = |mut token: TokenTree| {
        token.set_span(span);
        token
    };
    tokens.clone().into_iter().map(place).collect()
}
