//! Vectors: an input and its expected outcome, each for one rule.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::given::Given;
use super::rules;
use super::then::Then;

/// The expected files.
const FILES: [&str; 12] = [
    "core_attributes",
    "core_names",
    "core_types",
    "http_batched",
    "http_binary_decode",
    "http_binary_encode",
    "http_header_values",
    "http_structured",
    "json_batch",
    "json_data",
    "json_envelope",
    "json_types",
];

/// The file with the rules, next to the vectors.
pub(crate) const RULES: &str = "rules";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "about")]
    _about: String,
    vectors: Vec<Vector>,
}

/// A test case of a rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vector {
    /// The id of the rule.
    pub(crate) rule: String,
    /// A sentence that describes the behaviour.
    pub(crate) name: String,
    given: Given,
    then: Then,
}

/// Reads a file of vectors.
///
/// # Panics
///
/// Panics if the file is missing or malformed, with its path.
pub(crate) fn read<T: DeserializeOwned>(name: &str) -> T {
    let path = folder().join(name).with_extension("yaml");
    let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_yaml_ng::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns all vectors, with the name of their file.
pub(crate) fn all() -> Vec<(&'static str, Vector)> {
    let vectors = |name| {
        let file: File = read(name);
        assert!(!file.vectors.is_empty(), "{name} has no vectors");
        file.vectors.into_iter().map(move |vector| (name, vector))
    };
    FILES.into_iter().flat_map(vectors).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/conformance")
}

#[test]
fn every_vector_passes() {
    let vectors = all();
    let failures = vectors.iter().filter_map(|(file, vector)| {
        let failure = vector.then.check(&vector.given).err()?;
        Some(format!("{file}, {}: {failure}", vector.name))
    });
    let failures: Vec<String> = failures.collect();
    let count = vectors.len();
    println!(
        "conformance: {} of {count} vectors hold",
        count - failures.len()
    );
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_file_is_listed() {
    let entries = fs::read_dir(folder()).unwrap();
    let found = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let listed = FILES.iter().chain([&RULES]);
    let listed: BTreeSet<String> = listed.map(|name| format!("{name}.yaml")).collect();
    assert_eq!(found.collect::<BTreeSet<_>>(), listed);
}

#[test]
fn every_vector_has_a_rule_and_a_unique_name() {
    let rules = rules::all();
    let mut names = BTreeSet::new();
    for (file, vector) in all() {
        let Vector { rule, name, .. } = vector;
        assert!(
            rules.iter().any(|own| own.id == rule),
            "{file}, {name}: there is no rule {rule}"
        );
        assert!(names.insert(name.clone()), "{file}: duplicate name {name}");
    }
}
