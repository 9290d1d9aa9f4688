//! Snapshots of the main forms of `#[derive(CloudEvent)]`.

use expect_test::expect_file;
use quote::quote;

use super::derive;
use crate::snapshot::assert_expands;

#[test]
fn a_plain_struct() {
    let input = quote! {
        #[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders", priority = 7)]
        pub struct OrderPlaced {
            pub order_id: String,
        }
    };
    assert_expands(derive(input), &expect_file!["snapshots/plain_struct.rs"]);
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
    assert_expands(
        derive(input),
        &expect_file!["snapshots/attribute_fields.rs"],
    );
}

#[test]
fn a_unit_struct() {
    let input = quote! {
        #[cloudevent(type = "co.outcome.tick", crate = framework::eventkit)]
        struct Tick;
    };
    assert_expands(derive(input), &expect_file!["snapshots/unit_struct.rs"]);
}

#[test]
fn an_enum() {
    let input = quote! {
        enum OrderEvent {
            Placed(OrderPlaced),
            Paid(OrderPaid),
        }
    };
    assert_expands(derive(input), &expect_file!["snapshots/an_enum.rs"]);
}

#[test]
fn a_struct_with_a_mistake() {
    let input = quote! {
        #[cloudevent(source = "/shop/orders")]
        struct OrderPlaced<T> {
            order_id: T,
        }
    };
    assert_expands(derive(input), &expect_file!["snapshots/with_a_mistake.rs"]);
}
