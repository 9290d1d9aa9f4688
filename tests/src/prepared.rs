//! Programs that a `prepare` script finds or unpacks.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the path that a script prints, or `None` if a variable disables the tests that need it.
///
/// # Panics
///
/// Panics if the script fails; the message says what to do.
pub(crate) fn path(script: &str, variable: &str) -> Option<PathBuf> {
    if env::var_os(variable).is_some_and(|value| value == "off") {
        return None;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
    let output = Command::new(&script)
        .output()
        .unwrap_or_else(|error| panic!("`{}` does not start: {error}", script.display()));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let path = String::from_utf8_lossy(&output.stdout);
    Some(path.trim_end().into())
}
