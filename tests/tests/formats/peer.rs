//! Libraries of Python that read and write an event format.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use eventkit::Event;
use eventkit::event::AttributeValue;
use serde_json::{Map, Value, json};

/// A library that reads and writes one format.
pub(crate) struct Peer {
    format: &'static str,
    schema: Option<PathBuf>,
}

impl Peer {
    /// Returns the library, or `None` if it is disabled (`EVENTKIT_INTEROP=off`) or a file of the
    /// specification that it needs is not available.
    pub(crate) fn find(format: &'static str, schema: Option<&str>) -> Option<Self> {
        let why = match schema.map(specification) {
            _ if std::env::var_os("EVENTKIT_INTEROP").is_some_and(|value| value == "off") => {
                "EVENTKIT_INTEROP=off"
            }
            Some(path) if !path.is_file() => {
                "the schema of the specification is not available (EVENTKIT_SCHEMAS)"
            }
            schema => {
                prepare();
                return Some(Self { format, schema });
            }
        };
        // The test harness would capture the output of `print`.
        let line = format!("formats: {format} is tested without Python: {why}\n");
        std::io::stdout().write_all(line.as_bytes()).unwrap();
        None
    }

    /// Sends requests, and returns the response to each of them.
    ///
    /// # Panics
    ///
    /// Panics if the library refuses one of them.
    pub(crate) fn ask(&self, requests: &[Value]) -> Vec<Value> {
        let mut program = Command::new(installed().join("python/bin/python"))
            .arg(folder().join("sdks/python/formats.py"))
            .arg(self.format)
            .args(&self.schema)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let input = serde_json::to_vec(requests).unwrap();
        program.stdin.take().unwrap().write_all(&input).unwrap();
        let output = program.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        let answers: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answers.len(), requests.len());
        answers
    }
}

fn specification(schema: &str) -> PathBuf {
    let folder = std::env::var_os("EVENTKIT_SCHEMAS").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance/schemas")
    });
    folder.join(schema)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop")
}

fn installed() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("../interop")
}

/// Installs the libraries.
fn prepare() {
    let script = folder().join("prepare");
    let output = Command::new(script).arg(installed()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
}

/// Returns bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").unwrap();
        digits
    })
}

/// Returns the bytes of hexadecimal digits.
pub(crate) fn unhex(digits: &str) -> Vec<u8> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else {
        panic!("an odd number of digits: {digits}");
    };
    let pairs = pairs.iter().map(|pair| std::str::from_utf8(pair).unwrap());
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect()
}

/// Describes an event with this description of its data, as the program in Python does.
pub(crate) fn describe(event: &Event, data: &Value) -> Value {
    let mut attributes = Map::new();
    for (name, value) in event.attributes() {
        let kind = match name {
            "time" => "Timestamp",
            "dataschema" => "URI",
            _ => "String",
        };
        attributes.insert(name.into(), json!([kind, value.into_text()]));
    }
    for (name, value) in event.extensions() {
        let text = value.to_text();
        let described = match value {
            AttributeValue::Boolean(flag) => json!(["Boolean", flag]),
            AttributeValue::Integer(number) => json!(["Integer", number]),
            AttributeValue::String(text) => json!(["String", text]),
            AttributeValue::Binary(bytes) => json!(["Binary", hex(bytes)]),
            AttributeValue::Uri(_) => json!(["URI", text]),
            AttributeValue::UriReference(_) => json!(["URI-reference", text]),
            AttributeValue::Timestamp(_) => json!(["Timestamp", text]),
        };
        attributes.insert(name.into(), described);
    }
    json!({ "attributes": attributes, "data": data })
}
