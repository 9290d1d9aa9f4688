//! Snapshots of the main forms of `#[derive(HandlerError)]`.

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

#[test]
fn an_enum_without_parameters() {
    let expanded = super::derive(quote! {
        enum PayError {
            #[drop]
            PaidAlready,
            #[handler_error(transparent)]
            Ship(#[from] ShipError),
            #[handler_error(transparent)]
            Other { source: anyhow::Error },
        }
    });
    assert_expands(expanded, &expect_file!["snapshots/transparent.rs"]);
}
