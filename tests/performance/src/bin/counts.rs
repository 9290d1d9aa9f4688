//! Counts the instructions and allocations of every case, or of those whose name has an argument
//! in it.

use std::{env, io};

use eventkit_performance::allocations::{self, Counting};
use eventkit_performance::callgrind::{self, ROUNDS};
use eventkit_performance::case::Case;
use eventkit_performance::cases;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let wanted = |case: &Case| {
        let mut parts = arguments.iter().filter(|part| !part.starts_with("--"));
        parts.all(|part| case.name.contains(part))
    };
    let mut cases = cases::all();
    cases.retain(wanted);
    if arguments.iter().any(|argument| argument == callgrind::WORK) {
        callgrind::work(&cases);
        return Ok(());
    }
    let folder = env::temp_dir().join(format!("eventkit-counts-{}", std::process::id()));
    let counts = callgrind::count(&cases, &folder)?;
    for case in &cases {
        let allocated = allocations::per_round(|| callgrind::measured(case), ROUNDS);
        println!("{:32} {:9} {:6}", case.name, counts[&case.name], allocated);
    }
    Ok(())
}
