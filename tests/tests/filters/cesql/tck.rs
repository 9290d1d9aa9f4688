//! The conformance suite of the specification, if it is available.

use std::fs;
use std::path::{Path, PathBuf};

use eventkit::filter::cesql::{EvaluationErrorKind, Expression, ParseErrorKind};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::case;

/// The cases that contradict the text of the specification: file, expression, and section with the
/// reason.
const EXCEPTIONS: [(&str, &str, &str); 3] = [
    (
        "not_operator",
        "NOT 10",
        "3.7: an Integer is cast to a Boolean, so this is `false` without an error",
    ),
    (
        "binary_logical_operators",
        "true and (1 != 1 / 0)",
        "3.3 and 4.1: evaluation goes on after an error, and 1 != 0; only fail-fast mode stops",
    ),
    (
        "binary_logical_operators",
        "false or (1 != 1 / 0)",
        "3.3 and 4.1: evaluation goes on after an error, and 1 != 0; only fail-fast mode stops",
    ),
];

#[derive(Deserialize)]
struct Suite {
    tests: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    name: String,
    expression: String,
    result: Option<Json>,
    error: Option<String>,
    event: Option<Map<String, Json>>,
    #[serde(default)]
    event_overrides: Map<String, Json>,
}

impl Case {
    /// Returns the value of the expression and the name of the first error.
    fn outcome(&self) -> (Json, Option<&'static str>) {
        let expression = match Expression::parse(&self.expression) {
            Ok(expression) => expression,
            Err(error) => {
                let kind = match error.kind() {
                    ParseErrorKind::UnknownFunction | ParseErrorKind::Arity => "missingFunction",
                    _ => "parse",
                };
                return (Json::Bool(false), Some(kind));
            }
        };
        let attributes = self.event.as_ref().unwrap_or(&self.event_overrides);
        let event = case::event(attributes);
        let evaluation = expression.evaluate(&event);
        let error = evaluation.errors.first().map(|error| match error.kind() {
            EvaluationErrorKind::Math => "math",
            EvaluationErrorKind::Cast => "cast",
            EvaluationErrorKind::MissingAttribute => "missingAttribute",
            _ => "functionEvaluation",
        });
        (case::json(&evaluation.value), error)
    }

    fn holds(&self) -> bool {
        let (value, error) = self.outcome();
        let right = self.result.as_ref().is_none_or(|result| *result == value);
        right && error == self.error.as_deref()
    }
}

fn files() -> Option<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance/cesql-tck");
    let entries = fs::read_dir(folder).ok()?;
    Some(entries.map(|entry| entry.unwrap().path()).collect())
}

#[test]
fn all_cases_but_the_exceptions_pass() {
    let Some(files) = files() else {
        println!("cesql tck: not available, only the project's own vectors are run");
        return;
    };
    let (mut count, mut exceptions, mut failures) = (0, 0, Vec::new());
    for path in files {
        let file = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let suite: Suite = serde_yaml_ng::from_slice(&fs::read(&path).unwrap()).unwrap();
        for case in &suite.tests {
            count += 1;
            let listed = |(own, expression, _): &(&str, &str, &str)| {
                *own == file && *expression == case.expression
            };
            let excepted = EXCEPTIONS.iter().any(listed);
            exceptions += usize::from(excepted);
            if case.holds() == excepted {
                let excepted = if excepted { " (an exception)" } else { "" };
                failures.push(format!(
                    "{file}, {}{excepted}: {:?}",
                    case.name,
                    case.outcome()
                ));
            }
        }
    }
    println!(
        "cesql tck: {} of {count} hold, {exceptions} exceptions",
        count - exceptions - failures.len()
    );
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(
        (count, exceptions),
        (275, EXCEPTIONS.len()),
        "the suite is another one"
    );
}
