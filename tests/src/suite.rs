//! The guard of a suite that is one binary with a module per file.

use std::fs;
use std::path::Path;

/// Asserts that a suite's `main.rs` names every file of its folder, so that none is forgotten.
///
/// # Panics
///
/// Where the folder cannot be read, or holds a file that is not a module of the suite.
pub fn assert_whole(main: &str) {
    // `file!()` of the caller starts at the workspace, and tests run in their package.
    let main = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(main);
    let modules = fs::read_to_string(&main).expect("the suite has a main.rs");
    let folder = main.parent().expect("main.rs is in a folder");
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let declared = modules.lines().any(|line| line == format!("mod {stem};"));
        assert!(
            stem == "main" || declared,
            "{} is not a module of its suite",
            path.display()
        );
    }
}
