//! Counts instructions and allocations of eventkit, `serde_json` and other libraries.
//!
//! With an argument, it prints the cases whose name contains it.

use std::collections::BTreeMap;
use std::env;

use eventkit_comparison::{ruststream, sdk};
use eventkit_performance::allocations::{self, Counting};
use eventkit_performance::callgrind;
use eventkit_performance::case::Case;
use eventkit_performance::{cases, plain, service};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const WHO: [&str; 4] = ["eventkit", "serde_json", "cloudevents-sdk", "ruststream"];

/// Returns the cases of all libraries, prefixed with the name of the library.
fn all() -> Vec<Case> {
    let own = cases::all().into_iter().chain(service::all()).collect();
    let of = [own, plain::all(), sdk::all(), ruststream::all()];
    let named = WHO.into_iter().zip(of).flat_map(|(who, cases)| {
        cases.into_iter().map(move |mut case| {
            case.name = format!("{who}|{}", case.name);
            case
        })
    });
    let mut arguments = env::args().skip(1);
    match arguments.find(|argument| !argument.starts_with("--")) {
        Some(part) => named.filter(|case| case.name.contains(&part)).collect(),
        None => named.collect(),
    }
}

fn main() -> std::io::Result<()> {
    let cases = all();
    if env::args().any(|argument| argument == callgrind::WORK) {
        callgrind::work(&cases);
        return Ok(());
    }
    let instructions = callgrind::count(&cases)?;
    let mut rows: BTreeMap<&str, BTreeMap<&str, String>> = BTreeMap::new();
    for case in &cases {
        let allocations = allocations::per_operation(case);
        let counts = format!("{:>10} {allocations:>6}", instructions[&case.name]);
        if let Some((who, what)) = case.name.split_once('|') {
            rows.entry(what).or_default().insert(who, counts);
        }
    }
    let print = |what: &str, cells: [&str; WHO.len()]| {
        let cells = cells.map(|cell| format!(" {cell:>18}"));
        println!("{what:30}{}", cells.concat());
    };
    print("", WHO);
    for (what, row) in rows {
        let cells = WHO.map(|who| row.get(who).map_or("", String::as_str));
        print(what, cells);
    }
    Ok(())
}
