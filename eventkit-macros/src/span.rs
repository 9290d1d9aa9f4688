//! Locations of generated code.

use proc_macro2::{Span, TokenStream, TokenTree};

/// Moves all tokens to one span, because errors in a call are located at its first token.
pub(crate) fn respanned(tokens: &TokenStream, span: Span) -> TokenStream {
    let place = |mut token: TokenTree| {
        token.set_span(span);
        token
    };
    tokens.clone().into_iter().map(place).collect()
}
