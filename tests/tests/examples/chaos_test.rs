//! The chaos test, with fewer events than when it is run by hand.

use crate::binaries;

#[test]
fn no_fault_loses_an_event() {
    // Rows are independent, and most of them wait.
    let output = binaries::run("chaos-test", &["--events", "400", "--jobs", "4"]);
    let printed = binaries::text(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    println!("{printed}");
    assert!(output.status.success(), "{printed}\n{errors}");
    if std::env::var_os(eventkit_tests::nats::VARIABLE).is_some_and(|value| value == "off") {
        return;
    }
    let mut rows = printed.lines();
    let head = rows.next().expect("a head");
    assert!(head.starts_with("fault "), "{printed}");
    assert_eq!(rows.count(), 36, "{printed}");
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
