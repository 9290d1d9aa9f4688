//! What `#[derive(HandlerError)]` expands to.

use expect_test::expect_file;
use quote::quote;

use crate::snapshot::assert_expands;

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
    assert_expands(expanded, &expect_file!["snapshots/an_enum.rs"]);
}
