//! The dependencies of the published packages.

use std::fs;

use crate::workspace::{files, published};

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
        let sources = files(&package.folder().join("src"), "rs").into_iter();
        let code: String = sources
            .map(|path| fs::read_to_string(path).expect("a file should be text"))
            .collect();
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
