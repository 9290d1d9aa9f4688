//! The project's own vectors.

use std::fs;
use std::path::Path;

use eventkit::filter::cesql::{Expression, ParseErrorKind};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::case;

/// The expected files.
const FILES: [&str; 10] = [
    "arithmetic",
    "attributes",
    "casts",
    "comparison",
    "functions",
    "like",
    "literals",
    "logic",
    "parsing",
    "sets",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    #[serde(rename = "about")]
    _about: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Case {
    Evaluates(Evaluates),
    Refused(Refused),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Evaluates {
    expression: String,
    value: Json,
    #[serde(default)]
    errors: Vec<String>,
    #[serde(default)]
    event: Map<String, Json>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    expression: String,
    parse: String,
    column: usize,
}

impl Evaluates {
    fn failure(&self) -> Option<String> {
        let expression = match Expression::parse(&self.expression) {
            Ok(expression) => expression,
            Err(error) => return Some(format!("{}: {error}", self.expression)),
        };
        let event = case::event(&self.event);
        let evaluation = expression.evaluate(&event);
        let value = case::json(&evaluation.value);
        let kinds = evaluation
            .errors
            .iter()
            .map(|error| case::name(error.kind()));
        let errors: Vec<&str> = kinds.collect();
        let right = value == self.value && errors == self.errors;
        (!right).then(|| format!("{}: {value} and {errors:?}", self.expression))
    }
}

impl Refused {
    fn failure(&self) -> Option<String> {
        let Err(error) = Expression::parse(&self.expression) else {
            return Some(format!("{} is accepted", self.expression));
        };
        let kind = match error.kind() {
            ParseErrorKind::Syntax => "syntax",
            ParseErrorKind::Number => "number",
            ParseErrorKind::AttributeName => "attribute_name",
            ParseErrorKind::UnknownFunction => "unknown_function",
            ParseErrorKind::Arity => "arity",
            _ => "unknown",
        };
        let right = (kind, error.column()) == (self.parse.as_str(), self.column);
        (!right).then(|| format!("{}: {kind}, {error}", self.expression))
    }
}

#[test]
fn every_vector_passes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/cesql");
    let mut failures = Vec::new();
    let mut count = 0;
    for file in FILES {
        let path = folder.join(file).with_extension("json");
        let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let vectors: Vectors = serde_json::from_slice(&text).unwrap();
        assert!(!vectors.cases.is_empty(), "{file} has no cases");
        count += vectors.cases.len();
        let failed = vectors.cases.iter().filter_map(|case| match case {
            Case::Evaluates(case) => case.failure(),
            Case::Refused(case) => case.failure(),
        });
        failures.extend(failed.map(|failure| format!("{file}: {failure}")));
    }
    println!("cesql vectors: {} of {count} pass", count - failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(
        fs::read_dir(&folder).unwrap().count(),
        FILES.len(),
        "a file is not listed"
    );
}
