//! The code that `#[handles]` generates: one static beside the function.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, ItemFn, Path, Type};

use super::model::Model;
use super::parameters::Parameter;

/// Returns the name of the static beside a function.
pub(super) fn static_name(function: &Ident) -> Ident {
    format_ident!("__handles_{}", function.unraw(), span = function.span())
}

/// Writes the function as it was, the static, its checks and its way into the linker's list.
pub(super) fn expand(model: &Model, function: &ItemFn) -> TokenStream {
    let krate = &model.arguments.crate_path;
    let private = quote!(#krate::__private);
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
    let order = model
        .arguments
        .order
        .as_ref()
        .map(|order| quote!(.with_order(#order)));
    let registry = model.arguments.registry.as_ref().map(|path| {
        // The span is the path's: that is where the compiler reports what is not a registry.
        let private_here = respanned(&private, path.span());
        quote_spanned!(path.span()=> .with_registry(#private_here::Registry::key(&#path)))
    });
    let filter = model.arguments.filter.as_ref().map(|text| {
        quote!(.with_filter({
            static FILTER: #private::LiteralFilter = #private::LiteralFilter::new(#text);
            &FILTER
        }))
    });
    let durable_name = model.arguments.name.as_ref();
    let durable_name = durable_name.map(|name| quote!(.with_durable_name(#name)));
    let policy = model.arguments.policy.code(&private);
    let requirements = requirements(model, &private);
    let checks = checks(model, &function_name);
    let discover = discover(&name, krate);
    quote! {
        #function

        #(#conditions)*
        #[doc(hidden)]
        #[allow(non_upper_case_globals, unreachable_pub, deprecated)]
        #vis static #name: #private::HandlerEntry = {
            #event
            #checks
            #call
            let handler = #private::Handler::new(
                ::core::concat!(::core::module_path!(), "::", #function_name),
                #private::Location::new(::core::file!(), ::core::line!(), ::core::column!()),
                EVENT.typed,
                &[#(#types),*],
            )
            #order
            #registry
            #filter
            #durable_name
            #policy
            #requirements;
            #private::HandlerEntry::new(handler, call)
        };

        #(#conditions)*
        #discover
    }
}

/// Writes what the compiler is to know of the event, and where the bound on its type stands.
fn event(model: &Model, private: &TokenStream) -> TokenStream {
    let event = &model.event;
    let place = event.span();
    if model.borrows {
        let known = quote_spanned!(place=> #private::borrowed_event::<#event>());
        return quote!(const EVENT: #private::EventMeta<#event> = #known;);
    }
    let known = quote_spanned!(place=> #private::owned_event::<#event>());
    quote!(const EVENT: #private::EventMeta<#event, #private::OwnEvent<#event>> = #known;)
}

/// Writes the function that takes the arguments from an invocation and calls the user's function.
fn call(model: &Model, function: &ItemFn, private: &TokenStream) -> TokenStream {
    let name = &function.sig.ident;
    let output = function.sig.output.span();
    let event = event_argument(model);
    let others = model
        .parameters
        .iter()
        .map(|parameter| argument(parameter, private));
    let arguments = quote!(#event #(, #others)*);
    if function.sig.asyncness.is_none() {
        let outcome = outcome(&quote!(#name(#arguments)), output, private);
        return quote! {
            const call: #private::Call = #private::Call::Sync(|invocation| #outcome);
        };
    }
    let outcome = outcome(&quote!(#name(#arguments).await), output, private);
    // The span is the function's: that is where the compiler reports a future that is not `Send`.
    let private_here = respanned(private, name.span());
    let future = quote_spanned!(name.span()=> #private_here::require_send(async move { #outcome }));
    quote! {
        const call: #private::Call = {
            fn call<'a>(invocation: &'a #private::Invocation<'a>) -> #private::OutcomeFuture<'a> {
                #future
            }
            #private::Call::Async(call)
        };
    }
}

/// Makes an outcome of what the function returns; where its error decides, that is kept.
fn outcome(returned: &TokenStream, output: Span, private: &TokenStream) -> TokenStream {
    quote_spanned! {output=> {
        #[allow(unused_imports)]
        use #private::AutorefOutcome as _;
        #private::Returned(#returned).into_outcome()
    }}
}

fn event_argument(model: &Model) -> TokenStream {
    let invocation = local("invocation", &model.event);
    quote_spanned!(model.event.span()=> (EVENT.get)(#invocation)?)
}

fn argument(parameter: &Parameter, private: &TokenStream) -> TokenStream {
    match parameter {
        Parameter::Extractor(ty) => {
            let invocation = local("invocation", ty);
            quote_spanned!(ty.span()=> <#ty as #private::Extract<'_>>::from_invocation(#invocation)?)
        }
        Parameter::Extension(name, ty) => {
            let invocation = local("invocation", ty);
            quote_spanned!(ty.span()=> #invocation.extension::<#ty>(#name)?)
        }
    }
}

/// Makes the name of a variable of ours in code that stands where a type does: it is to be found also
/// where the type comes from elsewhere than the function, as in a `macro_rules!` that writes it.
fn local(name: &str, ty: &Type) -> Ident {
    Ident::new(name, ty.span().resolved_at(Span::call_site()))
}

/// Says which state the extractors need, and whether they look at the envelope.
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
                let requirements = local("requirements", ty);
                requires.extend(quote_spanned!(ty.span()=> <#ty as #private::Extract<'_>>::requires(#requirements);));
            }
            Parameter::Extension(..) => needs.extend(quote!(|| true)),
        }
    }
    Some(
        quote!(.with_requirements(false #needs, |requirements| { let _ = &requirements; #requires })),
    )
}

/// Has the compiler hold each literal against the type of the parameter.
fn checks(model: &Model, function_name: &str) -> TokenStream {
    let event = &model.event;
    if model.arguments.types.is_empty() {
        return quote_spanned!(event.span()=> const _: () = EVENT.check_untyped(#function_name););
    }
    let event_name = readable(&event.to_token_stream());
    let check = |literal: &syn::LitStr| quote_spanned!(literal.span()=> const _: () = EVENT.check_type(#function_name, #literal, #event_name););
    model.arguments.types.iter().map(check).collect()
}

/// Puts all tokens at one place, since a call is reported where its first token stands.
fn respanned(tokens: &TokenStream, span: Span) -> TokenStream {
    let place = |mut token: TokenTree| {
        token.set_span(span);
        token
    };
    tokens.clone().into_iter().map(place).collect()
}

/// Writes a type as a user would, without the spaces between its tokens.
fn readable(tokens: &TokenStream) -> String {
    tokens.to_string().replace(' ', "")
}

fn discover(name: &Ident, krate: &Path) -> TokenStream {
    quote!(#krate::__private::discover_handler!(#name);)
}
