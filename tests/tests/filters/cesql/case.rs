//! Evaluation of an expression on an event given as JSON.

use eventkit::Event;
use eventkit::filter::cesql::{EvaluationErrorKind, Value};
use serde_json::{Map, Value as Json};

/// Creates an event from attributes. Required attributes that are missing are added.
pub(crate) fn event(attributes: &Map<String, Json>) -> Event {
    let mut builder = Event::builder().id("1").source("/s").ty("t").without_time();
    for (name, value) in attributes {
        let text = || value.as_str().expect("core attributes should be strings");
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

/// Returns the name of an error in the vectors.
pub(crate) fn name(kind: EvaluationErrorKind) -> &'static str {
    match kind {
        EvaluationErrorKind::Math => "math",
        EvaluationErrorKind::Cast => "cast",
        EvaluationErrorKind::MissingAttribute => "missing_attribute",
        EvaluationErrorKind::Function => "function",
        _ => "unknown",
    }
}
