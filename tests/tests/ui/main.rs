//! What the compiler says: to code that is wrong, and to code that is right under strict lints.

#[test]
fn cloud_event() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/cloud_event/*.rs");
}

#[test]
fn handles() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/handles/*.rs");
}

#[test]
fn handler_error() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/handler_error/*.rs");
}

#[test]
fn strict_crates_pass() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
}
