//! `#[handles]`: a function becomes a handler, and stays a function.

mod attr;
mod expand;
mod filter;
mod list;
mod model;
mod parameters;
mod policy;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemFn;

pub(crate) use list::expand as handlers;

use crate::context::Context;

/// Expands `#[handles(arguments)] item`.
pub(crate) fn expand(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let cx = Context::default();
    let Ok(mut function) = syn::parse2::<ItemFn>(item.clone()) else {
        cx.error(item, "`#[handles]` stands on a function with a body");
        return with_errors(cx, item);
    };
    let arguments = attr::read(&cx, arguments);
    let model = model::Model::new(&cx, arguments, &mut function);
    match (cx.into_compile_errors(), model) {
        (None, Some(model)) => expand::expand(&model, &function),
        // The function stays, so that its callers and the editor are not troubled as well.
        (errors, _) => quote!(#function #errors),
    }
}

fn with_errors(cx: Context, item: &TokenStream) -> TokenStream {
    let errors = cx.into_compile_errors();
    quote!(#item #errors)
}
