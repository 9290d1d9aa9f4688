//! The bank, and the test of its books.

use crate::binaries::{run, text};

#[test]
fn the_books_of_the_bank_agree() {
    let output = run("bank", &[]);
    let printed = text(&output.stdout);
    assert!(
        output.status.success(),
        "{printed}\n{}",
        text(&output.stderr)
    );
    assert!(printed.ends_with("The sums agree.\n"), "{printed}");
    assert!(!run("bank", &["gold"]).status.success());
}

#[test]
fn no_fault_books_a_transfer_twice_or_not_at_all() {
    for arguments in [
        ["--transfers", "500"].as_slice(),
        &["--transfers", "300", "--sqlite"],
    ] {
        let output = run("money-test", arguments);
        let printed = text(&output.stdout);
        println!("{printed}");
        assert!(
            output.status.success(),
            "{printed}\n{}",
            text(&output.stderr)
        );
    }
}

#[test]
fn what_the_money_test_does_not_know_is_an_error() {
    for arguments in [
        ["--gold"].as_slice(),
        &["--transfers"],
        &["--transfers", "0"],
    ] {
        let output = run("money-test", arguments);
        assert!(text(&output.stderr).contains("money-test [--transfers N]"));
        assert!(!output.status.success());
    }
}
