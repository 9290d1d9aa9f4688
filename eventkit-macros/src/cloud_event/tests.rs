//! What the derive expands to, in its main forms.
//!
//! `UPDATE_EXPECT=1 cargo test -p eventkit-macros` writes the files anew.

use expect_test::{ExpectFile, expect_file};
use proc_macro2::TokenStream;
use quote::quote;

fn assert_expands(input: TokenStream, expected: &ExpectFile) {
    let expanded = super::derive(input);
    let file = syn::parse2(expanded).expect("the expansion is Rust");
    expected.assert_eq(&prettyplease::unparse(&file));
}

#[test]
fn a_plain_struct() {
    let input = quote! {
        #[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders", priority = 7)]
        pub struct OrderPlaced {
            pub order_id: String,
        }
    };
    assert_expands(input, &expect_file!["snapshots/plain_struct.rs"]);
}

#[test]
fn a_struct_with_attribute_fields() {
    let input = quote! {
        #[cloudevent(type = "co.outcome.order.placed")]
        #[serde(rename_all = "camelCase", default)]
        struct OrderPlaced<T> {
            #[cloudevent(subject)]
            customer: String,
            #[cloudevent(extension, keep)]
            tenant: Option<String>,
            #[serde(with = "text")]
            total_cents: u64,
            lines: Vec<T>,
        }
    };
    assert_expands(input, &expect_file!["snapshots/attribute_fields.rs"]);
}

#[test]
fn a_unit_struct() {
    let input = quote! {
        #[cloudevent(type = "co.outcome.tick", crate = framework::eventkit)]
        struct Tick;
    };
    assert_expands(input, &expect_file!["snapshots/unit_struct.rs"]);
}

#[test]
fn an_enum() {
    let input = quote! {
        enum OrderEvent {
            Placed(OrderPlaced),
            Paid(OrderPaid),
        }
    };
    assert_expands(input, &expect_file!["snapshots/an_enum.rs"]);
}

#[test]
fn a_struct_with_a_mistake() {
    let input = quote! {
        #[cloudevent(source = "/shop/orders")]
        struct OrderPlaced<T> {
            order_id: T,
        }
    };
    assert_expands(input, &expect_file!["snapshots/with_a_mistake.rs"]);
}
