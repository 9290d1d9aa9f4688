//! Slices of linkme whose names carry the version of the library.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Ident, Token, Type};

/// The version of this crate, which the library pins exactly.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A slice, such as `HANDLERS: [&'static HandlerEntry];`.
struct Slice {
    attributes: Vec<Attribute>,
    name: Ident,
    ty: Type,
}

impl Parse for Slice {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        let ty = input.parse()?;
        input.parse::<Token![;]>()?;
        Ok(Self {
            attributes,
            name,
            ty,
        })
    }
}

/// Expands a list of slices.
pub(crate) fn expand(tokens: TokenStream) -> TokenStream {
    let parse = |input: ParseStream<'_>| {
        let mut slices = TokenStream::new();
        while !input.is_empty() {
            slices.extend(declare(&input.parse()?));
        }
        Ok(slices)
    };
    parse
        .parse2(tokens)
        .unwrap_or_else(syn::Error::into_compile_error)
}

/// Declares a slice under its versioned name, and exports it under its own.
fn declare(slice: &Slice) -> TokenStream {
    let Slice {
        attributes,
        name,
        ty,
    } = slice;
    let version = VERSION.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let versioned = format_ident!("EVENTKIT_{}_{}", version.to_uppercase(), name);
    quote! {
        #(#attributes)*
        #[::linkme::distributed_slice]
        pub static #versioned: #ty;
        pub use #versioned as #name;
    }
}
