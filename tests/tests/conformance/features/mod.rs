//! The conformance features of the specification for SDKs, if they are available.

mod outline;
mod steps;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use gherkin::{Feature, GherkinEnv};
use outline::Example;

/// The features that are run, with their number of scenarios. Each example of an outline counts.
const RUN: [(&str, usize); 2] = [("http-protocol-binding", 4), ("kafka-protocol-binding", 3)];

fn files() -> Option<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance/features");
    let entries = fs::read_dir(folder).ok()?;
    Some(entries.map(|entry| entry.unwrap().path()).collect())
}

/// Prints without the test harness, which would capture the output: skipped features should be
/// visible.
fn print(line: &str) {
    let line = format!("features: {line}\n");
    std::io::stdout().write_all(line.as_bytes()).unwrap();
}

/// Runs the scenarios of a feature, and returns their number.
fn run(path: &Path) -> usize {
    let feature = Feature::parse_path(path, GherkinEnv::default());
    let feature = feature.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let background = feature.background.iter().flat_map(|own| &own.steps);
    let background: Vec<_> = background.cloned().collect();
    let examples = feature.scenarios.iter().flat_map(outline::examples);
    let examples: Vec<Example> = examples.collect();
    for Example { name, steps } in &examples {
        let steps = background.iter().chain(steps);
        if let Err(failure) = steps::run(steps) {
            panic!("{}: {name}: {failure}", feature.name);
        }
    }
    examples.len()
}

#[test]
fn every_scenario_passes() {
    let Some(files) = files() else {
        print("not available, only the project's own vectors are run");
        return;
    };
    let mut ran = Vec::new();
    for path in files {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let listed = RUN.iter().find(|(own, _)| *own == name);
        let (name, scenarios) = listed.unwrap_or_else(|| panic!("{name} is a new feature"));
        assert_eq!(
            run(&path),
            *scenarios,
            "{name} should have the listed number of scenarios"
        );
        print(&format!("{name}: {scenarios} scenarios pass"));
        ran.push(*name);
    }
    assert_eq!(
        ran.len(),
        RUN.len(),
        "a feature is missing: there are {ran:?}"
    );
}
