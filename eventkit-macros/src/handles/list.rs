//! `handlers![..]`: the statics beside functions, by the functions' paths.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Path, Token};

use super::expand::static_name;

/// Expands a list of paths.
pub(crate) fn expand(tokens: TokenStream) -> TokenStream {
    match Punctuated::<Path, Token![,]>::parse_terminated.parse2(tokens) {
        Ok(paths) => {
            let statics = paths.into_iter().map(beside);
            quote!([#(&#statics),*])
        }
        Err(error) => error.to_compile_error(),
    }
}

/// Names the static that stands where the function does.
fn beside(mut path: Path) -> Path {
    if let Some(last) = path.segments.last_mut() {
        last.ident = static_name(&last.ident);
    }
    path
}
