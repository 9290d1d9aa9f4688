//! Collection of errors, to report all of them at once.

use std::cell::RefCell;
use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::ToTokens;

/// The errors found so far, in order.
#[derive(Debug, Default)]
pub(crate) struct ErrorCollector {
    errors: RefCell<Vec<syn::Error>>,
}

impl ErrorCollector {
    /// Adds an error at the tokens.
    pub(crate) fn add(&self, tokens: impl ToTokens, message: impl Display) {
        self.add_syn(syn::Error::new_spanned(tokens, message));
    }

    /// Adds an error at the tokens, and returns `None`.
    pub(crate) fn fail<T>(&self, tokens: impl ToTokens, message: impl Display) -> Option<T> {
        self.add(tokens, message);
        None
    }

    /// Adds an error of syn.
    pub(crate) fn add_syn(&self, error: syn::Error) {
        self.errors.borrow_mut().push(error);
    }

    /// Returns the value, or adds the error.
    pub(crate) fn ok<T>(&self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.add_syn(error)).ok()
    }

    /// Returns code that reports the errors, or `None` if there are none.
    pub(crate) fn into_compile_errors(self) -> Option<TokenStream> {
        let errors = self.errors.into_inner();
        let report = errors.iter().map(syn::Error::to_compile_error).collect();
        (!errors.is_empty()).then_some(report)
    }
}
