//! Counts the instructions and allocations of every case.
//!
//! Without an argument, it compares them with `counts.txt`, and fails if one is worse. With
//! `UPDATE_EXPECT=1`, it updates the file. With an argument, it prints the cases whose name
//! contains it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

use eventkit_performance::allocations::{self, Counting};
use eventkit_performance::callgrind;
use eventkit_performance::case::Case;
use eventkit_performance::thresholds::{self, Counts, Table};
use eventkit_performance::{cases, dispatch, nats, service};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Disables counting instructions.
const OFF: &str = "EVENTKIT_WITHOUT_CALLGRIND";

const HEAD: &str = "\
What each case takes: instructions, allocations.
Instructions are of x86_64, a release build of rustc 1.95.0, and the allocator of glibc 2.36.
UPDATE_EXPECT=1 cargo run --release -p eventkit-performance --bin counts";

fn main() -> io::Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let mut parts = arguments.iter().filter(|part| !part.starts_with("--"));
    let wanted = parts.next();
    let mut cases = cases::all();
    cases.extend(dispatch::all());
    cases.extend(service::all());
    cases.extend(nats::all());
    cases.retain(|case| wanted.is_none_or(|part| case.name.contains(part)));
    if arguments.iter().any(|argument| argument == callgrind::WORK) {
        callgrind::work(&cases);
        return Ok(ExitCode::SUCCESS);
    }
    let off = env::var_os(OFF).is_some();
    if !off && !callgrind::is_there() {
        eprintln!(
            "instructions are counted with callgrind, on x86_64: install valgrind, or set {OFF}=1 \
             to count allocations alone"
        );
        return Ok(ExitCode::FAILURE);
    }
    let found = count(&cases, off)?;
    if wanted.is_some() {
        print!("{}", thresholds::print(&found, HEAD));
        return Ok(ExitCode::SUCCESS);
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("counts.txt");
    if !off && env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&file, thresholds::print(&found, HEAD))?;
        return Ok(ExitCode::SUCCESS);
    }
    let most = thresholds::parse(&fs::read_to_string(&file)?);
    Ok(report(&most, &found))
}

fn count(cases: &[Case], off: bool) -> io::Result<Table> {
    let instructions = if off {
        BTreeMap::new()
    } else {
        callgrind::count(cases)?
    };
    let counts = cases.iter().map(|case| {
        let instructions = instructions.get(&case.name).copied();
        let allocations = allocations::per_operation(case);
        let counts = Counts {
            instructions,
            allocations,
        };
        (case.name.clone(), counts)
    });
    Ok(counts.collect())
}

fn report(most: &Table, found: &Table) -> ExitCode {
    let (worse, better) = thresholds::compare(most, found);
    for line in &better {
        println!("better: {line}");
    }
    for line in &worse {
        println!("WORSE: {line}");
    }
    if !(better.is_empty() && worse.is_empty()) {
        println!("if that is intended, update the counts:\n{HEAD}");
    }
    if worse.is_empty() {
        println!("{} cases are within their thresholds", found.len());
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
