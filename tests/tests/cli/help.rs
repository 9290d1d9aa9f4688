//! The help texts, compared with files.

use expect_test::{ExpectFile, expect_file};

use crate::program::{command, finish};

fn assert_help(arguments: &[&str], expected: &ExpectFile) {
    let arguments = [arguments, &["--help"]].concat();
    let ended = finish(command(&arguments).env("COLUMNS", "100"));
    ended.assert_code(0);
    assert_eq!(ended.stderr, "");
    let lines: Vec<&str> = ended.text().lines().map(str::trim_end).collect();
    expected.assert_eq(&(lines.join("\n") + "\n"));
}

#[test]
fn each_command_has_help() {
    assert_help(&[], &expect_file!["../../vectors/cli/eventkit.txt"]);
    assert_help(&["send"], &expect_file!["../../vectors/cli/send.txt"]);
    assert_help(&["listen"], &expect_file!["../../vectors/cli/listen.txt"]);
    assert_help(
        &["validate"],
        &expect_file!["../../vectors/cli/validate.txt"],
    );
    assert_help(&["convert"], &expect_file!["../../vectors/cli/convert.txt"]);
    assert_help(&["filter"], &expect_file!["../../vectors/cli/filter.txt"]);
    assert_help(&["health"], &expect_file!["../../vectors/cli/health.txt"]);
    assert_help(&["letters"], &expect_file!["../../vectors/cli/letters.txt"]);
    assert_help(
        &["letters", "list"],
        &expect_file!["../../vectors/cli/letters-list.txt"],
    );
    assert_help(
        &["letters", "replay"],
        &expect_file!["../../vectors/cli/letters-replay.txt"],
    );
    assert_help(
        &["letters", "delete"],
        &expect_file!["../../vectors/cli/letters-delete.txt"],
    );
}
