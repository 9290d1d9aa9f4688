//! The table of rules in the documentation, generated from the rules and the vectors.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use expect_test::expect_file;

use super::rules::{self, DOCUMENTS, Duty, Level, Rule};
use super::vectors::{self, Vector};

const HEAD: &str = "\
The rules of the CloudEvents specification, with the tests of each rule.

The documents are those of CloudEvents 1.0.2. Each row has a summary of a rule, its section, its requirement
level and its tests. Sentences in quotes are vectors of `tests/vectors/conformance`, and names with colons are
functions of the suites in `tests/tests`. The table has every MUST and MUST NOT, and the SHOULDs and MAYs that
this library follows. The level *stated* means that a document states the rule without such a word. A rule
marked *program* must be followed by the program that uses the library, or by the author of an extension; its
tests show how the library supports it.

This page is generated from the rules and the vectors. A test checks that it is up to date, and another one
that every rule has a test.
";

fn table(rules: &[Rule], vectors: &[(&str, Vector)]) -> String {
    let mut text = String::from(HEAD);
    for (document, title) in DOCUMENTS {
        let rows = || rules.iter().filter(|rule| rule.document() == document);
        let (rows_count, vectors_count) = (rows().count(), count(rows(), vectors));
        writeln!(
            text,
            "\n# {title}\n\n{rows_count} rules, {vectors_count} vectors.\n"
        )
        .unwrap();
        text += "| rule | section | level | tests |\n| --- | --- | --- | --- |\n";
        rows().for_each(|rule| text.push_str(&row(rule, vectors)));
    }
    text
}

fn count<'a>(rules: impl Iterator<Item = &'a Rule>, vectors: &[(&str, Vector)]) -> usize {
    let own = |rule: &Rule| {
        vectors
            .iter()
            .filter(|(_, vector)| vector.rule == rule.id)
            .count()
    };
    rules.map(own).sum()
}

fn row(rule: &Rule, vectors: &[(&str, Vector)]) -> String {
    let shown = vectors.iter().filter(|(_, vector)| vector.rule == rule.id);
    let shown = shown.map(|(_, vector)| format!("“{}”", vector.name));
    let named = rule.tests.iter().map(|test| format!("`{test}`"));
    let tests: Vec<String> = shown.chain(named).collect();
    let level = match rule.level {
        Level::Must => "MUST",
        Level::MustNot => "MUST NOT",
        Level::Should => "SHOULD",
        Level::ShouldNot => "SHOULD NOT",
        Level::May => "MAY",
        Level::Stated => "stated",
    };
    let duty = match rule.duty {
        Duty::Library => "",
        Duty::Program => " *(program)*",
    };
    let Rule { text, section, .. } = rule;
    let tests = tests.join("; ");
    format!("| {text}{duty} | {section} | {level} | {tests} |\n")
}

#[test]
fn the_readme_has_the_number_of_vectors() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let page = fs::read_to_string(page).unwrap();
    let count = format!("the {} vectors of", vectors::all().len());
    assert!(page.contains(&count), "the page should contain: {count}");
}

#[test]
fn the_table_is_up_to_date() {
    let (rules, vectors) = (rules::all(), vectors::all());
    let musts = rules
        .iter()
        .filter(|rule| matches!(rule.level, Level::Must | Level::MustNot));
    println!(
        "conformance: {} rules, {} of them MUST or MUST NOT",
        rules.len(),
        musts.count()
    );
    let table = table(&rules, &vectors);
    let cells = table.lines().filter(|line| line.starts_with('|'));
    cells.for_each(|line| {
        assert_eq!(
            line.matches('|').count(),
            5,
            "a cell contains a bar: {line}"
        );
    });
    expect_file!["../../../vectors/conformance.md"].assert_eq(&table);
}
