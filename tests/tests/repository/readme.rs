//! The README agrees with the code.

use std::fs;

use crate::workspace::root;

#[test]
fn the_readme_begins_with_the_quickstart_example() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let example = fs::read_to_string(root().join("examples/src/bin/quickstart.rs")).unwrap();
    let (_, program) = example.split_at(example.find("use eventkit").unwrap());
    let (_, block) = readme.split_once("```rust\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    assert_eq!(block, program);
}

#[test]
fn the_compile_error_in_the_readme_is_the_one_in_the_tests() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let pinned = fs::read_to_string(root().join("tests/ui/handles/wrong_type.stderr")).unwrap();
    let message = pinned.lines().next().unwrap();
    assert!(
        readme.contains(message),
        "the README should contain {message}"
    );
}

#[test]
fn the_code_of_the_readme_is_part_of_tested_programs() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let programs = [
        "examples/src/bin/quickstart.rs",
        "tests/tests/examples/readme.rs",
    ];
    let programs = programs.map(|path| unindented(&fs::read_to_string(root().join(path)).unwrap()));
    let blocks: Vec<&str> = readme.split("```rust").skip(1).collect();
    assert!(blocks.len() > 10, "{} blocks of code", blocks.len());
    for block in blocks {
        let (info, code) = block.split_once('\n').unwrap();
        assert!(
            info.is_empty(),
            "```rust{info}: compiled code needs no word more"
        );
        let (code, _) = code.split_once("```").unwrap();
        let is_known = programs
            .iter()
            .any(|program| program.contains(&unindented(code)));
        assert!(is_known, "no tested program contains this code:\n{code}");
    }
}

/// Removes the indentation of each line, which depends on the location of the code.
fn unindented(code: &str) -> String {
    code.lines()
        .flat_map(|line| [line.trim_start(), "\n"])
        .collect()
}
