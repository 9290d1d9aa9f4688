//! Impls for the derived type.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::DeriveInput;

use crate::cloud_event::attr::{EventType, TypeAttrs};
use crate::cloud_event::generics;

/// The type that is derived.
pub(super) struct Target<'i> {
    pub(super) input: &'i DeriveInput,
    pub(super) attrs: &'i TypeAttrs,
    /// The type with its type parameters.
    pub(super) this: TokenStream,
    /// The path of the items that generated code may use.
    pub(super) private: TokenStream,
}

impl Target<'_> {
    /// Returns whether the event type depends on the type parameters.
    pub(super) fn has_dependent_type(&self) -> bool {
        let Some(EventType::Constant(expr)) = &self.attrs.ty else {
            return false;
        };
        let expr = generics::without_self(expr.clone(), &self.this);
        generics::depends_on_params(&self.input.generics, expr)
    }

    /// Returns the path of the metadata.
    pub(super) fn metadata(&self) -> TokenStream {
        self.constant("__EVENTKIT_METADATA")
    }

    /// Returns the path of a constant. It is an associated constant if the event type depends on
    /// type parameters.
    pub(super) fn constant(&self, name: &str) -> TokenStream {
        let name = format_ident!("{name}");
        if self.has_dependent_type() {
            quote!(Self::#name)
        } else {
            name.into_token_stream()
        }
    }

    /// Returns an impl for the type. `head` is the trait and `for`.
    pub(super) fn implement(
        &self,
        head: &TokenStream,
        predicates: &[TokenStream],
        body: &TokenStream,
    ) -> TokenStream {
        let this = &self.this;
        let (parameters, _, _) = self.input.generics.split_for_impl();
        let predicates = self.where_clause(predicates);
        quote! {
            #[automatically_derived]
            impl #parameters #head #this #predicates { #body }
        }
    }

    /// Returns the impl of `CloudEvent` and the conversions from and to `Event`.
    pub(super) fn implement_event(
        &self,
        predicates: &[TokenStream],
        body: &TokenStream,
    ) -> TokenStream {
        let private = &self.private;
        let implementation = self.implement(&quote!(#private::CloudEvent for), predicates, body);
        let conversions = self.conversions(predicates);
        quote!(#implementation #conversions)
    }

    /// Returns `event_builder` or `attribute_builder`.
    pub(super) fn builder_method(&self, name: &str, body: &TokenStream) -> TokenStream {
        let (private, name) = (&self.private, format_ident!("{name}"));
        quote! {
            fn #name(
                &self,
            ) -> ::core::result::Result<#private::EventBuilder, #private::EncodeError> {
                #body
            }
        }
    }

    /// Returns `write_to`, whose parameter is `__eventkit_writer`.
    pub(super) fn writer_method(&self, body: &TokenStream) -> TokenStream {
        let private = &self.private;
        quote! {
            fn write_to<__eventkit_Writer: #private::EventWriter>(
                &self,
                __eventkit_writer: __eventkit_Writer,
            ) -> ::core::result::Result<
                <__eventkit_Writer as #private::EventWriter>::Output,
                #private::EncodeError,
            > {
                #body
            }
        }
    }

    /// Returns `from_reader`, whose parameter is `__eventkit_source`.
    pub(super) fn reader_method(&self, body: &TokenStream) -> TokenStream {
        let private = &self.private;
        quote! {
            fn from_reader(
                __eventkit_source: &mut dyn #private::EventReader,
            ) -> ::core::result::Result<Self, #private::DecodeError> {
                #body
            }
        }
    }

    /// Returns a where clause with the item's own predicates and additional ones, without `Self`.
    pub(super) fn where_clause(&self, more: &[TokenStream]) -> TokenStream {
        let own = self.input.generics.where_clause.iter();
        let own = own
            .flat_map(|clause| &clause.predicates)
            .map(ToTokens::to_token_stream);
        let all: Vec<TokenStream> = own.chain(more.iter().cloned()).collect();
        if all.is_empty() {
            return TokenStream::new();
        }
        generics::without_self(quote!(where #(#all),*), &self.this)
    }

    /// Returns the predicates of the impls for a type with parameters, including `more`.
    pub(super) fn predicates(
        &self,
        more: impl IntoIterator<Item = TokenStream>,
    ) -> Vec<TokenStream> {
        if self.input.generics.params.is_empty() {
            return Vec::new();
        }
        let this = &self.this;
        let shared = quote!(#this: ::core::marker::Send + ::core::marker::Sync + 'static);
        [shared].into_iter().chain(more).collect()
    }

    /// Returns `TryFrom` between the type and an event in both directions, by value and by
    /// reference.
    fn conversions(&self, predicates: &[TokenStream]) -> TokenStream {
        let Self {
            input,
            this,
            private,
            ..
        } = self;
        let (parameters, _, _) = input.generics.split_for_impl();
        let where_clause = self.where_clause(predicates);
        // A value needs another reference to be borrowed.
        let directions = [(quote!(&), quote!()), (quote!(), quote!(&))];
        let conversions = directions.iter().map(|(taken, borrow)| {
            quote! {
                #[automatically_derived]
                impl #parameters ::core::convert::TryFrom<#taken #private::Event> for #this #where_clause {
                    type Error = #private::DecodeError;

                    fn try_from(
                        __eventkit_event: #taken #private::Event,
                    ) -> ::core::result::Result<Self, #private::DecodeError> {
                        #private::from_event::<Self>(#borrow __eventkit_event)
                    }
                }

                #[automatically_derived]
                impl #parameters ::core::convert::TryFrom<#taken #this> for #private::Event #where_clause {
                    type Error = #private::EncodeError;

                    fn try_from(
                        __eventkit_value: #taken #this,
                    ) -> ::core::result::Result<Self, #private::EncodeError> {
                        #private::into_event::<#this>(#borrow __eventkit_value)
                    }
                }
            }
        });
        conversions.collect()
    }
}
