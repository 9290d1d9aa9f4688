//! The dependencies of the published packages.

use std::fs;
use std::path::Path;

use crate::workspace::published;

/// Returns the text of all source files below a folder.
fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).expect("a folder should be readable") {
        let path = entry.expect("an entry should be readable").path();
        if path.is_dir() {
            text.push_str(&sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&path).expect("a file should be text"));
        }
    }
    text
}

/// Returns whether code has the name of a crate in a path, a macro call or an import.
fn uses(code: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name).any(|(at, _)| {
        let (before, after) = (&code[..at], &code[at + name.len()..]);
        let is_whole = !before.ends_with(is_part) && !after.starts_with(is_part);
        let is_imported = before.ends_with("use ") || before.ends_with("extern crate ");
        is_whole && (after.starts_with("::") || after.starts_with('!') || is_imported)
    })
}

#[test]
fn every_dependency_is_used() {
    let mut unused = Vec::new();
    for package in published() {
        let code = sources(&package.folder().join("src"));
        let dependencies = package.dependencies.iter();
        for dependency in dependencies.filter(|dependency| dependency.kind.is_none()) {
            if !uses(&code, &dependency.name.replace('-', "_")) {
                unused.push(format!("{} of {}", dependency.name, package.name));
            }
        }
    }
    assert_eq!(unused, Vec::<String>::new());
}

#[test]
fn a_name_within_another_one_is_no_use() {
    for (code, is_used) in [
        ("use bytes::Bytes;", true),
        ("bytes::Bytes::new()", true),
        ("json!(1)", false),
        ("use bytes as other;", true),
        ("text.bytes().all(legal)", false),
        ("as_bytes::<u8>()", false),
    ] {
        assert_eq!(uses(code, "bytes"), is_used, "{code}");
    }
}
