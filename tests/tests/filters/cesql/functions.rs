//! Custom functions.

use eventkit::Event;
use eventkit::filter::cesql::{
    EvaluationErrorKind, Expression, Function, FunctionError, Functions, Type, Value,
};

fn twice() -> Function {
    Function::new(
        "TWICE",
        [Type::Integer],
        Type::Integer,
        |arguments| match arguments {
            [Value::Integer(number)] => number
                .checked_mul(2)
                .map(Value::Integer)
                .ok_or_else(|| FunctionError::new("too large").returning(-1)),
            _ => Err(FunctionError::new("cast by the caller")),
        },
    )
}

fn unit(name: &str, parameters: &[Type]) -> Function {
    Function::new(name, parameters, Type::Boolean, |_| {
        Ok(Value::Boolean(true))
    })
}

fn rest(name: &str, parameters: &[Type]) -> Function {
    Function::variadic(name, parameters, Type::String, Type::Integer, |arguments| {
        Ok(Value::Integer(i32::try_from(arguments.len()).unwrap()))
    })
}

fn functions(all: impl IntoIterator<Item = Function>) -> Functions {
    let mut functions = Functions::default();
    for function in all {
        functions.register(function).unwrap();
    }
    functions
}

#[track_caller]
fn assert_value(
    text: &str,
    functions: &Functions,
    value: &Value<'_>,
    errors: &[EvaluationErrorKind],
) {
    let event = Event::builder()
        .id("1")
        .source("/s")
        .ty("t")
        .build()
        .unwrap();
    let expression = Expression::parse_with(text, functions).unwrap();
    let evaluation = expression.evaluate(&event);
    let kinds: Vec<_> = evaluation
        .errors
        .iter()
        .map(eventkit::filter::cesql::EvaluationError::kind)
        .collect();
    assert_eq!((&evaluation.value, &kinds[..]), (value, errors), "{text}");
}

#[test]
fn arguments_are_cast_and_names_are_case_insensitive() {
    let functions = functions([twice()]);
    assert_value(
        "Twice('4') + TWICE(id)",
        &functions,
        &Value::Integer(10),
        &[],
    );
    assert_value(
        "TWICE('x')",
        &functions,
        &Value::Integer(0),
        &[EvaluationErrorKind::Cast],
    );
    assert_value(
        "TWICE(absent)",
        &functions,
        &Value::Integer(0),
        &[EvaluationErrorKind::MissingAttribute],
    );
}

#[test]
fn a_function_that_fails_still_has_a_value() {
    let functions = functions([twice()]);
    assert_value(
        "TWICE(2000000000)",
        &functions,
        &Value::Integer(-1),
        &[EvaluationErrorKind::Function],
    );
}

#[test]
fn a_result_of_another_type_is_cast() {
    let text =
        |text: &'static str| Function::new("F", [], Type::Integer, move |_| Ok(Value::from(text)));
    assert_value("F()", &functions([text("12")]), &Value::Integer(12), &[]);
    assert_value(
        "F()",
        &functions([text("x")]),
        &Value::Integer(0),
        &[EvaluationErrorKind::Cast],
    );
}

#[test]
fn functions_are_overloaded_by_the_number_of_arguments() {
    let functions = functions([
        unit("F", &[]),
        unit("F", &[Type::String]),
        rest("F", &[Type::String; 2]),
    ]);
    assert_value("F()", &functions, &Value::Boolean(true), &[]);
    assert_value("F(1)", &functions, &Value::Boolean(true), &[]);
    assert_value("F(1, 2)", &functions, &Value::Integer(2), &[]);
    assert_value("F(1, 2, 3, 4, 5)", &functions, &Value::Integer(5), &[]);
}

#[test]
fn ambiguous_functions_are_refused() {
    let refused = |first: Function, second: Function| {
        let mut functions = functions([first]);
        functions.register(second).unwrap_err().to_string()
    };
    let string = [Type::String];
    let message = refused(unit("F", &string), unit("f", &[Type::Integer]));
    assert_eq!(
        message,
        "`F(Integer)` cannot be distinguished from `F(String)`"
    );
    let message = refused(unit("F", &string), rest("F", &[]));
    assert_eq!(
        message,
        "`F(String..)` cannot be distinguished from `F(String)`"
    );
    refused(rest("F", &string), unit("F", &[Type::String; 2]));
    refused(rest("F", &[]), rest("F", &[Type::String; 2]));
    functions([rest("F", &string), unit("F", &[])]);
}

#[test]
fn names_that_no_expression_can_call_are_refused() {
    for name in ["", "1A", "_A", "A1", "A B", "É", "LIKE", "in", "LENGTH"] {
        let refused = Functions::default()
            .register(unit(name, &[Type::String]))
            .is_err();
        assert!(refused, "{name}");
    }
}

#[test]
fn the_error_for_an_unknown_name_suggests_the_nearest() {
    let error = Expression::parse("LENGHT(id) > 1").unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected a function such as `LENGTH`, found `LENGHT` (column 1)"
    );
    let error = Expression::parse("id = SUBSTRING(id)").unwrap_err();
    let expected = "\
id = SUBSTRING(id)
     ^^^^^^^^^^^^^";
    assert_eq!(error.caret().to_string(), expected);
    let signatures = "`SUBSTRING(String, Integer)` or `SUBSTRING(String, Integer, Integer)`";
    assert_eq!(error.expected(), signatures);
    assert_eq!(error.found(), "1 argument");
}
