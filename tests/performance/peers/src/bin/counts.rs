//! Counts instructions and allocations of eventkit, of `serde_json` alone, and of the SDK.

use std::collections::BTreeMap;

use eventkit_peers::sdk;
use eventkit_performance::allocations::{self, Counting};
use eventkit_performance::callgrind::{self, ROUNDS};
use eventkit_performance::case::Case;
use eventkit_performance::{cases, plain};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let own = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with("--"));
    let named = |prefix: &str, cases: Vec<Case>| -> Vec<Case> {
        let mut cases = cases;
        for case in &mut cases {
            case.name = format!("{prefix}|{}", case.name);
        }
        cases
    };
    let mut cases = named("eventkit", cases::all());
    cases.extend(named("plain", plain::all()));
    cases.extend(named("sdk", sdk::all()));
    if std::env::args().any(|argument| argument == callgrind::WORK) {
        callgrind::work(&cases);
        return;
    }
    let counts = callgrind::count(&cases).unwrap();
    let mut rows: BTreeMap<&str, BTreeMap<&str, (u64, u64)>> = BTreeMap::new();
    for case in &cases {
        case.run();
        let before = allocations::count();
        callgrind::measured(case);
        let allocated = (allocations::count() - before) as u64 / ROUNDS;
        let (who, what) = case.name.split_once('|').unwrap();
        rows.entry(what)
            .or_default()
            .insert(who, (counts[&case.name], allocated));
    }
    println!(
        "{:32} {:>10} {:>6} | {:>10} {:>6} | {:>10} {:>6} | ratio",
        "", "eventkit", "alloc", "plain", "alloc", "sdk", "alloc"
    );
    for (what, row) in rows {
        if own.as_ref().is_some_and(|own| !what.contains(own.as_str())) {
            continue;
        }
        let get = |who| row.get(who).copied().unwrap_or_default();
        let (a, b, c) = (get("eventkit"), get("plain"), get("sdk"));
        println!(
            "{what:32} {:>10} {:>6} | {:>10} {:>6} | {:>10} {:>6} | {:.3}",
            a.0,
            a.1,
            b.0,
            b.1,
            c.0,
            c.1,
            a.0 as f64 / c.0 as f64
        );
    }
}
