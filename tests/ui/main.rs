//! Compiler messages for code with mistakes, and valid code under strict lints.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use expect_test::expect_file;

/// Compiles the programs of a folder, each of which has a mistake, and compares the messages.
fn check(folder: &str) {
    let cases = trybuild::TestCases::new();
    cases.compile_fail(format!("{folder}/*.rs"));
}

#[test]
fn cloud_event() {
    check("cloud_event");
}

#[test]
fn handles() {
    check("handles");
}

#[test]
fn handler_error() {
    check("handler_error");
}

#[test]
fn catalog() {
    check("catalog");
}

/// If programs that pass are included, all programs are built instead of only checked.
#[test]
fn strict_crates_pass_and_instantiations_are_checked() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/*.rs");
    cases.compile_fail("build/*.rs");
}

/// `UPDATE_EXPECT=1` updates the table.
#[test]
fn the_table_of_mistakes_is_up_to_date() {
    let mut table = String::from(
        "# Mistakes and their compiler errors\n\n| mistake | errors | first error |\n| --- | --- | --- |\n",
    );
    for folder in [
        "cloud_event",
        "handles",
        "handler_error",
        "catalog",
        "build",
    ] {
        for (case, stderr) in messages(Path::new(folder)) {
            let errors: Vec<&str> = stderr.lines().filter(|line| is_error(line)).collect();
            let first = errors.first().copied().unwrap_or_default();
            let first = first.split_once(": ").map_or(first, |(_, message)| message);
            let number = errors.len();
            let first = first.replace('|', "\\|");
            writeln!(table, "| `{folder}/{case}` | {number} | {first} |").unwrap();
        }
    }
    expect_file!["mistakes.md"].assert_eq(&table);
}

fn messages(folder: &Path) -> BTreeMap<String, String> {
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let messages = files.filter(|file| file.extension().is_some_and(|own| own == "stderr"));
    messages
        .map(|file| {
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(file).unwrap())
        })
        .collect()
}

fn is_error(line: &str) -> bool {
    line.starts_with("error: ") || line.starts_with("error[")
}
