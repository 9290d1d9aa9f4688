//! The shop without arguments, which sends requests to itself, and its usage errors.

use super::binaries::{run, text};

#[test]
fn the_shop_demonstrates_every_mode_a_failure_and_a_refusal() {
    let output = run("shop", &[]);
    let printed = text(&output.stdout);
    let (address, shown) = printed
        .split_once('\n')
        .expect("the output should have several lines");
    // The port is a random free one.
    assert!(
        address.starts_with("The shop listens on http://127.0.0.1:"),
        "{address}"
    );
    assert_eq!(shown, include_str!("visit.txt"));
    assert_eq!(text(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn help_is_printed() {
    let output = run("shop", &["--help"]);
    assert!(text(&output.stdout).contains("Usage: shop [--listen ADDR]"));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn unknown_and_incomplete_arguments_are_refused() {
    for (arguments, message) in [
        (&["--port"][..], "shop: unknown argument `--port`\n"),
        (
            &["--listen", "127.0.0.1:0", "now"],
            "shop: unknown argument `now`\n",
        ),
        (
            &["--listen"],
            "shop: `--listen` needs an address such as 127.0.0.1:8080\n",
        ),
    ] {
        let output = run("shop", arguments);
        let errors = text(&output.stderr);
        assert!(
            errors.starts_with(message) && errors.contains("Usage:"),
            "{errors}"
        );
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn an_invalid_address_is_an_error() {
    let output = run("shop", &["--listen", "nowhere"]);
    let errors = text(&output.stderr);
    assert!(
        errors.starts_with("shop: failed to listen on `nowhere`: "),
        "{errors}"
    );
    assert_eq!(output.status.code(), Some(1));
}
