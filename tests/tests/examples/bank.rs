//! The bank, and the money test.

use crate::binaries::{run, text};

#[test]
fn the_balances_of_the_bank_agree() {
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
fn faults_neither_lose_nor_repeat_a_transfer() {
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
fn unknown_arguments_of_the_money_test_are_errors() {
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
