//! Where the generated code finds the library.

use syn::Path;
use syn::parse::Parser;

use crate::context::Context;
use crate::meta::{Key, Value};

/// Reads the value of `crate = some::path`.
pub(crate) fn read(cx: &Context, key: &Key, value: &Value) -> Option<Path> {
    let Some(tokens) = value.assigned() else {
        cx.error(key, "write the path of the library: `crate = some::path`");
        return None;
    };
    if let Ok(text) = syn::parse2::<syn::LitStr>(tokens.clone()) {
        let path = text.value();
        cx.error(
            text,
            format!("write the path without quotes: `crate = {path}`"),
        );
        return None;
    }
    let path = Path::parse_mod_style.parse2(tokens.clone());
    if path.is_err() {
        cx.error(
            tokens,
            "not a path: write one such as `crate = my_framework::eventkit`",
        );
    }
    path.ok()
}

/// Returns the path of the library where the user names none.
pub(crate) fn default_path() -> Path {
    syn::parse_quote!(::eventkit)
}
