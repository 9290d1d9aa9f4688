//! The guard of suites that are one binary with a module per file.

use std::fs;
use std::path::Path;

/// Asserts that the modules of a suite name every file and folder of it, so that none is forgotten.
///
/// # Panics
///
/// Panics if a folder cannot be read, or holds a file that is not a module of the suite.
pub fn assert_whole(main: &str) {
    // `file!()` of the caller starts at the workspace, and tests run in their package.
    let main = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(main);
    assert_declares_all(&main);
}

/// Asserts that a file declares all modules beside it, and that its folders do the same.
fn assert_declares_all(root: &Path) {
    let text = fs::read_to_string(root).expect("a suite and its folders have a root");
    let folder = root.parent().expect("the root is in a folder");
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
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
