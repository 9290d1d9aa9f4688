//! Comparison of expansions with files.
//!
//! `UPDATE_EXPECT=1 cargo test -p eventkit-macros` updates the files.

use expect_test::ExpectFile;
use proc_macro2::TokenStream;

pub(crate) fn assert_expands(expanded: TokenStream, expected: &ExpectFile) {
    let file = syn::parse2(expanded).expect("the expansion should be valid Rust");
    expected.assert_eq(&prettyplease::unparse(&file));
}
