//! A check of suites that are one binary with a module for each file.

use std::fs;
use std::path::Path;

/// Asserts that every file and directory of a suite is a module of it.
///
/// # Panics
///
/// Panics if a directory cannot be read, or contains a file that is not a module of the suite.
pub fn assert_whole(main: &str) {
    // `file!()` of the caller is relative to the workspace, and tests run in their package.
    let main = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(main);
    assert_declares_all(&main);
}

/// Asserts that a file declares all modules next to it, and that its directories do the same.
fn assert_declares_all(root: &Path) {
    let text =
        fs::read_to_string(root).expect("a suite and its directories should have a root module");
    let folder = root
        .parent()
        .expect("the root module should be in a directory");
    for entry in fs::read_dir(folder).expect("the directory should be readable") {
        let path = entry.expect("the directory should be readable").path();
        let is_code = path.is_dir() || path.extension().is_some_and(|found| found == "rs");
        if path == root || !is_code {
            continue;
        }
        let module = path.file_stem().unwrap_or_default().to_string_lossy();
        assert!(
            text.lines().any(|line| line == format!("mod {module};")),
            "{} is not a module of its suite",
            path.display()
        );
        if path.is_dir() {
            assert_declares_all(&path.join("mod.rs"));
        }
    }
}
