//! Distributed slices whose names contain the version of the library.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ForeignItemStatic;

/// The version of this crate, which the library pins exactly.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Declares a slice under its versioned name, and exports it under its own name.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let ForeignItemStatic {
        attrs,
        vis,
        ident,
        ty,
        ..
    } = match syn::parse2(item) {
        Ok(item) => item,
        Err(error) => return error.into_compile_error(),
    };
    let version = VERSION.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let versioned = format_ident!("EVENTKIT_{}_{}", version.to_uppercase(), ident);
    quote! {
        #(#attrs)*
        #[::linkme::distributed_slice]
        #vis static #versioned: #ty;
        #vis use #versioned as #ident;
    }
}
