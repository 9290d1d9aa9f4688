//! The parser of AsyncAPI, which runs in Node.js.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::prepared;

/// The environment variable that turns the tests off.
pub const VARIABLE: &str = "EVENTKIT_ASYNCAPI";

/// Parses a document, and returns what the parser prints as JSON, or `None` if the tests are turned off.
///
/// # Panics
///
/// Panics if the parser cannot be installed or fails.
#[must_use]
pub fn parse(document: &str) -> Option<Vec<u8>> {
    let installed = prepared::path("asyncapi/prepare", VARIABLE)?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("asyncapi/parse.cjs");
    let mut parser = Command::new("node")
        .arg(script)
        .env("NODE_PATH", installed.join("node_modules"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts");
    let mut stdin = parser.stdin.take().expect("an input");
    stdin
        .write_all(document.as_bytes())
        .expect("the parser reads");
    drop(stdin);
    let output = parser.wait_with_output().expect("the parser ends");
    assert!(output.status.success(), "{}", output.status);
    Some(output.stdout)
}
