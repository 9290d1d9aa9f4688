//! The programs that the tests with other languages run.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The environment variable that turns the tests off.
pub const VARIABLE: &str = "EVENTKIT_INTEROP";

/// Returns the Python that has the packages of the tests, or `None` where the tests are turned off.
///
/// # Panics
///
/// Panics if they cannot be installed; the message says what is missing.
#[must_use]
pub fn python() -> Option<PathBuf> {
    if env::var_os(VARIABLE).is_some_and(|value| value == "off") {
        return None;
    }
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let installed = target
        .unwrap_or_else(|| package.join("../target"))
        .join("interop");
    let prepared = Command::new(package.join("interop/prepare"))
        .arg(&installed)
        .output();
    let prepared = prepared.expect("tests/interop/prepare starts");
    let said = String::from_utf8_lossy(&prepared.stderr);
    assert!(prepared.status.success(), "{said}");
    Some(installed.join("python/bin/python"))
}
