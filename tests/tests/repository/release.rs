//! Facts that must agree before a release.

use std::fs;

use crate::workspace::{Package, published, root};

/// The crates that share private items, and therefore a version.
const ONE_VERSION: [&str; 4] = [
    "eventkit",
    "eventkit-cesql",
    "eventkit-macros",
    "eventkit-service",
];

#[test]
fn the_changelog_has_a_dated_section_for_the_version() {
    let version = version_of("eventkit");
    let changelog = read("CHANGELOG.md");
    let heading = format!("## {version} - ");
    let date = changelog
        .lines()
        .find_map(|line| line.strip_prefix(&heading));
    let date = date.unwrap_or_else(|| panic!("CHANGELOG.md has no section \"{heading}<date>\""));
    let digits = date.bytes().filter(u8::is_ascii_digit).count();
    assert_eq!(
        (date.len(), digits),
        (10, 8),
        "{date} is not a date such as 2026-01-31"
    );
}

#[test]
fn crates_that_share_private_items_have_one_version_and_pin_it() {
    let version = version_of("eventkit");
    let pin = format!("version = \"={version}\"");
    for name in ONE_VERSION {
        assert_eq!(version_of(name), version, "{name}");
    }
    for (file, pins) in [("Cargo.toml", 2), ("eventkit/service/Cargo.toml", 1)] {
        assert_eq!(read(file).matches(&pin).count(), pins, "{file}: {pin}");
    }
}

#[test]
fn the_minimum_rust_version_is_the_same_everywhere() {
    let packages = published();
    let oldest = packages[0].rust_version.as_deref().expect("rust-version");
    for package in &packages {
        assert_eq!(
            package.rust_version.as_deref(),
            Some(oldest),
            "{}",
            package.name
        );
    }
    for (file, text) in [
        ("README.md", format!("Rust {oldest} or later")),
        (
            "CONTRIBUTING.md",
            format!("`rust-version`, which is {oldest}, is the oldest compiler"),
        ),
        ("tests/run", format!("Rust {oldest} or later")),
        // The tests are run with this version.
        (
            ".github/workflows/ci.yml",
            format!("rust-toolchain@{oldest}"),
        ),
    ] {
        assert!(read(file).contains(&text), "{file} should contain {text:?}");
    }
}

fn version_of(name: &str) -> String {
    let mut packages = published().into_iter();
    let package = packages.find(|package: &Package| package.name == name);
    package.expect("the package should be published").version
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}
