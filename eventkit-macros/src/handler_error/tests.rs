//! What `#[derive(HandlerError)]` expands to.
//!
//! `UPDATE_EXPECT=1 cargo test -p eventkit-macros` writes the file anew.

use expect_test::expect_file;
use quote::quote;

#[test]
fn an_enum() {
    let expanded = super::derive(quote! {
        #[handler_error(crate = framework::eventkit)]
        enum ShipError<T> where T: Debug {
            #[retry(after = "5s")]
            CarrierBusy,
            #[error("database")]
            #[retry]
            Database(#[from] T),
            #[dead_letter]
            UnknownAddress { line: String },
            #[drop]
            ShippedAlready,
        }
    });
    let file = syn::parse2(expanded).expect("the expansion is Rust");
    expect_file!["snapshots/an_enum.rs"].assert_eq(&prettyplease::unparse(&file));
}
