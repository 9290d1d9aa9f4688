//! The rules of the specification, and the tests of each rule.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::vectors::{self, RULES};

/// A rule, which is a row of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// The id of the rule for vectors: the document and the topic.
    pub(crate) id: String,
    pub(crate) section: String,
    pub(crate) level: Level,
    /// Who must follow the rule, if not only this library.
    #[serde(default)]
    pub(crate) duty: Duty,
    /// A summary of the rule.
    pub(crate) text: String,
    /// Tests in addition to vectors: suite, modules, function.
    #[serde(default)]
    pub(crate) tests: Vec<String>,
}

/// The requirement level of a rule (RFC 2119).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Level {
    #[serde(rename = "MUST")]
    Must,
    #[serde(rename = "MUST NOT")]
    MustNot,
    #[serde(rename = "SHOULD")]
    Should,
    #[serde(rename = "SHOULD NOT")]
    ShouldNot,
    #[serde(rename = "MAY")]
    May,
    /// The document states it without one of these words.
    #[serde(rename = "stated")]
    Stated,
}

/// Who must follow a rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Duty {
    /// This library.
    #[default]
    Library,
    /// The program that uses the library. The tests show how the library supports it.
    Program,
}

/// The documents: the prefix of the ids of their rules, and their titles.
pub(crate) const DOCUMENTS: [(&str, &str); 4] = [
    ("core", "CloudEvents core specification"),
    ("json", "JSON event format"),
    ("batch", "JSON batch format"),
    ("http", "HTTP protocol binding"),
];

/// Returns all rules, in the order of the documents.
pub(crate) fn all() -> Vec<Rule> {
    vectors::read(RULES)
}

impl Rule {
    /// Returns the document of the rule.
    pub(crate) fn document(&self) -> &str {
        self.id.split('.').next().unwrap_or_default()
    }
}

#[test]
fn every_rule_has_a_test_that_exists() {
    let vectors = vectors::all();
    for rule in all() {
        let shown = vectors.iter().any(|(_, vector)| vector.rule == rule.id);
        assert!(shown || !rule.tests.is_empty(), "{} has no test", rule.id);
        for test in &rule.tests {
            assert!(exists(test), "{}: the test {test} does not exist", rule.id);
        }
    }
}

#[test]
fn every_rule_has_a_document_and_a_unique_id() {
    let mut ids: Vec<String> = Vec::new();
    for rule in all() {
        let document = rule.document();
        assert!(
            DOCUMENTS.iter().any(|(name, _)| *name == document),
            "{}",
            rule.id
        );
        assert!(!ids.contains(&rule.id), "duplicate rule {}", rule.id);
        ids.push(rule.id);
    }
}

/// Returns whether a suite has a test function with this name in this module.
fn exists(test: &str) -> bool {
    let Some((module, function)) = test.rsplit_once("::") else {
        return false;
    };
    let file = format!("tests/{}.rs", module.replace("::", "/"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let Ok(code) = fs::read_to_string(path) else {
        return false;
    };
    let lines: Vec<&str> = code.lines().collect();
    // A function for both servers is named in the macro that defines its tests.
    let is_on_each_server = code
        .split_once("on_each_server! {")
        .and_then(|(_, rest)| rest.split_once('}'))
        .is_some_and(|(names, _)| names.split_whitespace().any(|name| name == function));
    is_on_each_server
        || lines.windows(2).any(|pair| {
            let is_test = pair[0] == "#[test]" || pair[0].starts_with("#[tokio::test");
            is_test && pair[1].contains(&format!("fn {function}("))
        })
}
