//! `#[derive(HandlerError)]`: an error says what becomes of the event.

mod choice;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Data, DeriveInput, Ident, Path};

use self::choice::Choice;
use crate::context::Context;
use crate::crate_path;
use crate::meta::{Entry, attribute_entries};

/// Expands the derive.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let cx = Context::default();
    let krate = library(&cx, &input.attrs);
    let decision = decision(&cx, &input, &krate);
    let (name, generics) = (&input.ident, &input.generics);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let errors = cx.into_compile_errors();
    quote! {
        #[automatically_derived]
        impl #impl_generics #krate::HandlerError for #name #ty_generics #where_clause {
            fn decision(&self) -> #krate::Decision {
                #decision
            }
        }
        #errors
    }
}

/// Reads `#[handler_error(crate = path)]`.
fn library(cx: &Context, attributes: &[Attribute]) -> Path {
    let mut path = crate_path::default_path();
    let own = |attribute: &&Attribute| attribute.path().is_ident("handler_error");
    for attribute in attributes.iter().filter(own) {
        for entry in attribute_entries(cx, attribute, "#[handler_error(crate = path)]") {
            match entry {
                Entry::Keyed(key, value) if key.name() == "crate" => {
                    path = crate_path::read(cx, &key, &value).unwrap_or(path);
                }
                Entry::Keyed(key, _) => cx.error(key, "the only key is `crate`"),
                Entry::Literal(literal) => cx.error(literal, "the only key is `crate`"),
            }
        }
    }
    path
}

fn decision(cx: &Context, input: &DeriveInput, krate: &Path) -> TokenStream {
    match &input.data {
        Data::Struct(_) => decided(cx, &input.ident, &input.attrs).code(krate),
        Data::Enum(data) => {
            misplaced(cx, &input.attrs);
            let arms = data.variants.iter().map(|variant| {
                let name = &variant.ident;
                let decision = decided(cx, name, &variant.attrs).code(krate);
                quote!(Self::#name { .. } => #decision,)
            });
            let arms: TokenStream = arms.collect();
            quote!(match *self { #arms })
        }
        Data::Union(data) => {
            cx.error(data.union_token, "an error is a struct or an enum");
            Choice::DeadLetter.code(krate)
        }
    }
}

/// Returns the one choice that attributes make, or notes that there is none or more than one.
fn decided(cx: &Context, name: &Ident, attributes: &[Attribute]) -> Choice {
    let mut choices = attributes
        .iter()
        .filter_map(|attribute| Some((attribute, Choice::read(cx, attribute)?)));
    let first = choices.next();
    for (second, _) in choices {
        cx.error(
            second,
            format!("`{name}` has decided already: leave one of the two"),
        );
    }
    if let Some((_, choice)) = first {
        return choice;
    }
    let help = "add `#[retry]`, `#[dead_letter]` or `#[drop]`";
    cx.error(
        name,
        format!("`{name}` does not say what becomes of the event: {help}"),
    );
    Choice::DeadLetter
}

/// Notes choices that stand on an enum: its variants make them.
fn misplaced(cx: &Context, attributes: &[Attribute]) {
    for attribute in attributes {
        if Choice::is(attribute) {
            let name = attribute.path().to_token_stream();
            cx.error(
                attribute,
                format!("each variant decides for itself: put `#[{name}]` on them"),
            );
        }
    }
}
