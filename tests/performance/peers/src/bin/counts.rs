//! Counts instructions and allocations of eventkit, of `serde_json` alone, and of `cloudevents-sdk`.
//!
//! With an argument it prints the cases that have it in their name.

use std::collections::BTreeMap;
use std::env;

use eventkit_peers::sdk;
use eventkit_performance::allocations::{self, Counting};
use eventkit_performance::callgrind::{self, ROUNDS};
use eventkit_performance::case::Case;
use eventkit_performance::{cases, plain};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const WHO: [&str; 3] = ["eventkit", "serde_json", "cloudevents-sdk"];

/// Returns the cases of all three, named after who does them.
fn all() -> Vec<Case> {
    let of = [cases::all(), plain::all(), sdk::all()];
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
    println!("{:30} {:>18} {:>18} {:>18}", "", WHO[0], WHO[1], WHO[2]);
    for (what, row) in rows {
        let cells = WHO.map(|who| row.get(who).map_or("", String::as_str));
        println!(
            "{what:30} {:>18} {:>18} {:>18}",
            cells[0], cells[1], cells[2]
        );
    }
    Ok(())
}
