//! Properties of all expressions and events.

use eventkit::Event;
use eventkit::filter::cesql::Expression;
use proptest::prelude::*;

/// Generates expressions of all forms, with redundant and with missing parentheses.
fn expression() -> impl Strategy<Value = String> {
    let text = prop_oneof![r"'([^'\\]|\\.){0,6}'", r#""([^"\\]|\\.){0,6}""#];
    let leaf = prop_oneof![
        any::<i32>().prop_map(|number| number.to_string()),
        prop_oneof!["TRUE", "false"],
        text.clone(),
        prop_oneof!["id", "subject", "n", "flag", "EXISTS n", "exists absent"],
    ];
    let operator = prop_oneof!["[*/%+-]", "=|!=|<>|<|<=|>|>=", "AND|or|XOR",];
    let function = "LENGTH|ABS|UPPER|TRIM|INT|BOOL|STRING";
    leaf.prop_recursive(6, 48, 4, move |inner| {
        prop_oneof![
            4 => (inner.clone(), operator.clone(), inner.clone()).prop_map(|(x, operator, y)| format!("{x} {operator} {y}")),
            1 => (prop_oneof!["NOT ", "-"], inner.clone()).prop_map(|(operator, x)| format!("{operator}{x}")),
            2 => inner.clone().prop_map(|x| format!("({x})")),
            1 => (inner.clone(), text.clone()).prop_map(|(x, pattern)| format!("{x} NOT LIKE {pattern}")),
            1 => (inner.clone(), text.clone()).prop_map(|(x, pattern)| format!("{x} LIKE {pattern}")),
            1 => (inner.clone(), prop::collection::vec(inner.clone(), 1..4)).prop_map(|(x, set)| format!("{x} IN ({})", set.join(", "))),
            1 => (function, inner.clone()).prop_map(|(function, x)| format!("{function}({x})")),
            1 => (inner.clone(), inner.clone(), inner).prop_map(|(x, y, z)| format!("SUBSTRING({x}, {y}, {z})")),
        ]
    })
}

fn event() -> impl Strategy<Value = Event> {
    let subject = prop::option::of("[a-zé0-9%_ ]{1,8}");
    (subject, any::<Option<i32>>(), any::<Option<bool>>()).prop_map(|(subject, n, flag)| {
        let mut builder = Event::builder().id("1").source("/s").ty("t");
        if let Some(subject) = subject {
            builder = builder.subject(subject);
        }
        if let Some(n) = n {
            builder = builder.extension("n", n);
        }
        if let Some(flag) = flag {
            builder = builder.extension("flag", flag);
        }
        builder.build().unwrap()
    })
}

proptest! {
    #[test]
    fn a_printed_expression_parses_to_the_same_expression(text in expression()) {
        let expression: Expression = text.parse().unwrap();
        let printed = expression.to_string();
        prop_assert_eq!(&printed.parse::<Expression>().unwrap(), &expression, "{}", &printed);
        prop_assert_eq!(printed.parse::<Expression>().unwrap().to_string(), printed);
    }

    #[test]
    fn every_evaluation_returns_a_value_of_its_type(text in expression(), event in event()) {
        let expression: Expression = text.parse().unwrap();
        let evaluation = expression.evaluate(&event);
        if let Some(ty) = expression.ty() {
            prop_assert_eq!(evaluation.value.ty(), ty);
        }
        let explanation = expression.explain(&event);
        prop_assert_eq!(explanation.evaluation(), &evaluation);
    }

    #[test]
    fn any_text_is_parsed_or_refused(text in "\\PC{0,40}", event in event()) {
        match text.parse::<Expression>() {
            Ok(expression) => drop(expression.evaluate(&event)),
            Err(error) => {
                prop_assert!(error.span().end <= text.len());
                prop_assert!(error.caret().to_string().contains('^'));
            }
        }
    }

    #[test]
    fn any_sequence_of_tokens_is_parsed_or_refused(words in prop::collection::vec(
        prop_oneof!["AND|OR|XOR|NOT|LIKE|IN|EXISTS|TRUE", "[a-z_]{1,3}", "[0-9]{1,11}", "[-+*/%=<>!(),]", "'[^']{0,3}'?"], 0..20)
    ) {
        let text = words.join(" ");
        if let Ok(expression) = text.parse::<Expression>() {
            prop_assert_eq!(expression.to_string().parse::<Expression>().unwrap(), expression);
        }
    }
}
