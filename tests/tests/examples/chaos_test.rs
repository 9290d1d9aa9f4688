//! The chaos test, with fewer events than when it is run by hand.

use std::env;

use eventkit_tests::{nats, rabbitmq};

use crate::binaries;

#[test]
fn no_fault_loses_an_event() {
    // Rows are independent, and most of them wait.
    let output = binaries::run("chaos-test", &["--events", "400", "--jobs", "4"]);
    let printed = binaries::text(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    println!("{printed}");
    assert!(output.status.success(), "{printed}\n{errors}");
    let is_on = |variable: &str| env::var_os(variable).is_none_or(|value| value != "off");
    let expected = [(nats::VARIABLE, 36), (rabbitmq::VARIABLE, 26)];
    let expected = expected.into_iter().filter(|(variable, _)| is_on(variable));
    let expected: usize = expected.map(|(_, rows)| rows).sum();
    if expected == 0 {
        return;
    }
    let mut rows = printed.lines();
    let head = rows.next().expect("a head");
    assert!(head.starts_with("fault "), "{printed}");
    // Notes follow the rows.
    let rows = rows.filter(|row| !row.starts_with("note: "));
    assert_eq!(rows.count(), expected, "{printed}");
}

#[test]
fn unknown_arguments_are_errors() {
    let unknown: [&[&str]; 5] = [
        &["sunshine"],
        &["--row", "sunshine"],
        &["--events", "3"],
        &["--events"],
        &["--jobs", "0"],
    ];
    for arguments in unknown {
        let output = binaries::run("chaos-test", arguments);
        assert!(!output.status.success());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains("chaos-test [--small]"), "{errors}");
    }
}
