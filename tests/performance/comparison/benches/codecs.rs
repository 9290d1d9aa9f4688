//! Codecs compared with `cloudevents-sdk` and with `serde_json`, each row in one interleaved run.
//!
//! `cargo bench --bench codecs -- order` runs the rows whose name contains the word.

use std::collections::BTreeMap;

use eventkit_comparison::sdk;
use eventkit_comparison::timing::{race, shown};
use eventkit_performance::case::Case;
use eventkit_performance::{cases, plain};

fn by_name(cases: Vec<Case>) -> BTreeMap<String, Case> {
    cases
        .into_iter()
        .map(|case| (case.name.clone(), case))
        .collect()
}

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let (plain, sdk) = (by_name(plain::all()), by_name(sdk::all()));
    println!("| | eventkit | of cloudevents-sdk | of serde_json alone |");
    println!("| --- | ---: | ---: | ---: |");
    for own in cases::all() {
        if !wanted.iter().all(|part| own.name.contains(part)) {
            continue;
        }
        let others = [sdk.get(&own.name), plain.get(&own.name)];
        let runs: Vec<Box<dyn Fn()>> = std::iter::once(&own)
            .chain(others.into_iter().flatten())
            .map(|case| Box::new(|| case.run()) as Box<dyn Fn()>)
            .collect();
        let runs: Vec<&dyn Fn()> = runs.iter().map(|run| &**run).collect();
        let mut times = race(&runs).into_iter();
        let time = times.next().unwrap_or_default();
        let mut ratio = |there: bool| match there.then(|| times.next()).flatten() {
            Some(other) => format!("{:.2}", time / other),
            None => String::new(),
        };
        let (of_sdk, of_plain) = (ratio(others[0].is_some()), ratio(others[1].is_some()));
        println!("| {} | {} | {of_sdk} | {of_plain} |", own.name, shown(time));
    }
}
