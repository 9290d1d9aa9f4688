//! Evaluates an expression on an event that is written as JSON.

use eventkit::Event;
use eventkit::filter::cesql::{EvaluationErrorKind, Value};
use serde_json::{Map, Value as Json};

/// Makes an event of attributes; those it has to have are there without being named.
pub(crate) fn event(attributes: &Map<String, Json>) -> Event {
    let mut builder = Event::builder().id("1").source("/s").ty("t").without_time();
    for (name, value) in attributes {
        let text = || value.as_str().expect("a core attribute is a string");
        builder = match (name.as_str(), value) {
            ("specversion", _) => builder,
            ("id", _) => builder.id(text()),
            ("source", _) => builder.source(text()),
            ("type", _) => builder.ty(text()),
            ("subject", _) => builder.subject(text()),
            ("datacontenttype", _) => builder.data_content_type(text()),
            ("dataschema", _) => builder.data_schema(text()),
            ("time", _) => builder.time(text().parse::<eventkit::event::Timestamp>().unwrap()),
            (_, Json::Bool(flag)) => builder.extension(name, *flag),
            (_, Json::Number(number)) => {
                let number = number
                    .as_i64()
                    .and_then(|number| i32::try_from(number).ok());
                builder.extension(name, number.expect("an Integer"))
            }
            _ => builder.extension(name, text()),
        };
    }
    builder.build().unwrap()
}

/// Returns a value of the language as JSON.
pub(crate) fn json(value: &Value<'_>) -> Json {
    match value {
        Value::Integer(number) => (*number).into(),
        Value::Boolean(flag) => (*flag).into(),
        Value::String(text) => text.as_ref().into(),
    }
}

/// Names an error as the vectors do.
pub(crate) fn name(kind: EvaluationErrorKind) -> &'static str {
    match kind {
        EvaluationErrorKind::Math => "math",
        EvaluationErrorKind::Cast => "cast",
        EvaluationErrorKind::MissingAttribute => "missing_attribute",
        EvaluationErrorKind::Function => "function",
        _ => "unknown",
    }
}
