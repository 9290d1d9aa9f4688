//! The packages as they are published.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::workspace::{Package, cargo, published, root};

/// The files that cargo adds to a package.
const ADDED: [&str; 3] = [".cargo_vcs_info.json", "Cargo.lock", "Cargo.toml.orig"];
const LICENSES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

#[test]
fn all_packages_can_be_created_in_the_order_of_their_dependencies() {
    let packages = published();
    let mut arguments = vec!["package", "--no-verify", "--allow-dirty", "--offline"];
    arguments.extend(["--target-dir", env!("CARGO_TARGET_TMPDIR")]);
    for package in &packages {
        arguments.extend(["-p", &package.name]);
    }
    cargo(&arguments);
}

#[test]
fn each_package_has_a_description() {
    for package in published() {
        let name = &package.name;
        assert!(package.description.is_some(), "{name}: description");
        assert!(package.license.is_some(), "{name}: license");
        assert!(package.repository.is_some(), "{name}: repository");
        assert!(package.documentation.is_some(), "{name}: documentation");
        assert_eq!(package.readme.as_deref(), Some("README.md"), "{name}");
    }
}

#[test]
fn each_package_has_a_readme_and_the_licenses() {
    for package in published() {
        let files = files(&package);
        for file in LICENSES.iter().chain(&["README.md"]) {
            assert!(
                files.contains(&PathBuf::from(file)),
                "{} has no {file}",
                package.name
            );
        }
        for license in LICENSES {
            let own = fs::read(package.folder().join(license)).unwrap();
            let shared = fs::read(root().join(license)).unwrap();
            assert!(own == shared, "{}: {license} differs", package.name);
        }
    }
}

#[test]
fn no_package_uses_a_file_outside_its_directory() {
    for package in published() {
        let files = files(&package);
        for file in &files {
            let is_added = ADDED.iter().any(|added| file == Path::new(added));
            assert!(
                is_added || package.folder().join(file).is_file(),
                "{}: {} is from elsewhere",
                package.name,
                file.display()
            );
        }
        for file in files.iter().filter(|file| is_rust(file)) {
            let code = fs::read_to_string(package.folder().join(file)).unwrap();
            for included in included(file, &code) {
                assert!(
                    files.contains(&included),
                    "{}: {} includes {}",
                    package.name,
                    file.display(),
                    included.display()
                );
            }
        }
    }
}

/// Returns the files of a package, relative to its directory.
fn files(package: &Package) -> Vec<PathBuf> {
    let arguments = ["package", "--list", "--allow-dirty", "-p", &package.name];
    cargo(&arguments).lines().map(PathBuf::from).collect()
}

fn is_rust(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "rs")
}

/// Returns the files that code includes by a literal path, relative to the directory of its
/// package.
fn included(file: &Path, code: &str) -> Vec<PathBuf> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut paths = Vec::new();
    for call in ["include!(", "include_str!(", "include_bytes!("] {
        let literals = code.split(call).skip(1);
        let literals = literals.filter_map(|rest| rest.trim_start().strip_prefix('"'));
        let names = literals.filter_map(|rest| rest.split('"').next());
        paths.extend(names.map(|name| resolved(&folder.join(name))));
    }
    paths
}

/// Resolves `..` without the file system. A path out of the package keeps its `..`.
fn resolved(path: &Path) -> PathBuf {
    let mut resolved = PathBuf::new();
    for part in path.components() {
        let last = resolved.components().next_back();
        if part == Component::ParentDir && matches!(last, Some(Component::Normal(_))) {
            resolved.pop();
        } else {
            resolved.push(part);
        }
    }
    resolved
}
