//! What `#[handles]` expands to, in its main forms.
//!
//! `UPDATE_EXPECT=1 cargo test -p eventkit-macros` writes the files anew.

use expect_test::{ExpectFile, expect_file};
use proc_macro2::TokenStream;
use quote::quote;

fn assert_expands(arguments: TokenStream, item: &TokenStream, expected: &ExpectFile) {
    let expanded = super::expand(arguments, item);
    let file = syn::parse2(expanded).expect("the expansion is Rust");
    expected.assert_eq(&prettyplease::unparse(&file));
}

#[test]
fn a_typed_handler() {
    let item = quote! {
        fn send_receipt(order: &OrderPlaced) {}
    };
    let arguments = quote!("co.outcome.order.placed");
    assert_expands(arguments, &item, &expect_file!["snapshots/typed.rs"]);
}

#[test]
fn an_async_handler_with_extractors() {
    let item = quote! {
        #[cfg(feature = "shipping")]
        pub async fn ship(order: OrderPlaced, State(db): State<Db>, #[extension("region")] region: String) -> Result<(), ShipError> {
            db.ship(order, region).await
        }
    };
    let arguments = quote!(
        order = 10,
        registry = crate::SHIPPING,
        crate = framework::eventkit
    );
    assert_expands(
        arguments,
        &item,
        &expect_file!["snapshots/with_extractors.rs"],
    );
}

#[test]
fn an_envelope_handler() {
    let item = quote! {
        fn audit(event: &Event) {}
    };
    assert_expands(
        quote!("co.outcome.*", "org.example.*"),
        &item,
        &expect_file!["snapshots/envelope.rs"],
    );
}

#[test]
fn retry_delays_are_compared_whatever_their_order() {
    let item = quote! {
        fn send_receipt(order: &OrderPlaced) {}
    };
    for arguments in [
        quote!(retry(initial_delay = "5s", max_delay = "1s")),
        quote!(retry(max_delay = "1s", initial_delay = "5s")),
    ] {
        let expanded = super::expand(arguments, &item).to_string();
        assert!(
            expanded.contains("shorter than the initial delay"),
            "{expanded}"
        );
    }
}
