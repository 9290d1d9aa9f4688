//! Scenarios, and outlines as one scenario for each example.

use gherkin::{Scenario, Step};

/// A scenario without placeholders.
pub(crate) struct Example {
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
}

/// Returns the scenario itself, or the outline with each row of its examples.
pub(crate) fn examples(scenario: &Scenario) -> Vec<Example> {
    if scenario.examples.is_empty() {
        return vec![fill(scenario, &[], &[])];
    }
    let tables = scenario
        .examples
        .iter()
        .filter_map(|own| own.table.as_ref());
    let filled = tables.flat_map(|table| {
        let (names, rows) = table
            .rows
            .split_first()
            .expect("examples should have a header");
        rows.iter().map(|row| fill(scenario, names, row))
    });
    filled.collect()
}

fn fill(scenario: &Scenario, names: &[String], values: &[String]) -> Example {
    let fill = |text: &str| {
        let pairs = names.iter().zip(values);
        pairs.fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("<{name}>"), value)
        })
    };
    let steps = scenario.steps.iter().cloned().map(|mut step| {
        step.value = fill(&step.value);
        step.docstring = step.docstring.map(|text| fill(&text));
        let cells = step
            .table
            .iter_mut()
            .flat_map(|table| &mut table.rows)
            .flatten();
        cells.for_each(|cell| *cell = fill(cell));
        step
    });
    Example {
        name: fill(&scenario.name),
        steps: steps.collect(),
    }
}

#[test]
fn an_outline_is_expanded_for_every_row() {
    let text = "\
Feature: F
    Scenario Outline: of <a>
    Given a <a> and a <b>
        | key | <b> |
    Examples:
    | a | b |
    | x | y |
    | u | v |
";
    let feature = gherkin::Feature::parse(text, gherkin::GherkinEnv::default()).unwrap();
    let examples = examples(&feature.scenarios[0]);
    let filled = examples.iter().map(|example| {
        let step = &example.steps[0];
        let cell = &step.table.as_ref().unwrap().rows[0][1];
        [&*example.name, &*step.value, cell].join("; ")
    });
    assert_eq!(
        filled.collect::<Vec<_>>(),
        ["of x; a x and a y; y", "of u; a u and a v; v"]
    );
}
