//! The content security policy of the page.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

/// Returns the policy for the response, which also forbids frames.
#[cfg(feature = "axum")]
pub(crate) fn content_security_policy() -> String {
    format!(
        "{}; frame-ancestors 'none'",
        in_document(&super::style(), super::SCRIPT)
    )
}

/// Returns the policy for the document: its own style and script, and nothing else.
pub(super) fn in_document(style: &str, script: &str) -> String {
    let hash = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(style),
        hash(script)
    )
}
