//! Snapshots of the main forms of `#[handles]`.

use expect_test::expect_file;
use quote::quote;

use super::expand;
use crate::snapshot::assert_expands;

#[test]
fn a_typed_handler() {
    let item = quote! {
        fn send_receipt(order: &OrderPlaced) {}
    };
    let arguments = quote!("co.outcome.order.placed");
    assert_expands(
        expand(&arguments, &item),
        &expect_file!["snapshots/typed.rs"],
    );
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
    let expanded = expand(&arguments, &item);
    assert_expands(expanded, &expect_file!["snapshots/with_extractors.rs"]);
}

#[test]
fn an_envelope_handler() {
    let item = quote! {
        fn audit(event: &Event) {}
    };
    let expanded = expand(&quote!("co.outcome.*", "org.example.*"), &item);
    assert_expands(expanded, &expect_file!["snapshots/envelope.rs"]);
}

#[test]
fn retry_delays_are_compared_in_any_order() {
    let item = quote! {
        fn send_receipt(order: &OrderPlaced) {}
    };
    for arguments in [
        quote!(retry(initial_delay = "5s", max_delay = "1s")),
        quote!(retry(max_delay = "1s", initial_delay = "5s")),
    ] {
        let expanded = expand(&arguments, &item).to_string();
        assert!(
            expanded.contains("shorter than the initial delay"),
            "{expanded}"
        );
    }
}
