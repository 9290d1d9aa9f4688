//! The README against what it speaks of.

use std::fs;

use crate::workspace::root;

#[test]
fn it_opens_with_the_quickstart_example_as_it_runs() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let example = fs::read_to_string(root().join("examples/src/bin/quickstart.rs")).unwrap();
    let (_, program) = example.split_at(example.find("use eventkit").unwrap());
    let (_, block) = readme.split_once("```rust\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    assert_eq!(block, program);
}

#[test]
fn the_compile_error_it_shows_is_the_one_that_is_pinned() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let pinned = fs::read_to_string(root().join("tests/ui/handles/wrong_type.stderr")).unwrap();
    let message = pinned.lines().next().unwrap();
    assert!(
        readme.contains(message),
        "the README does not show {message}"
    );
}
