//! Counts instructions with callgrind, a tool of valgrind.
//!
//! The program runs itself under callgrind, which counts nothing but what happens within
//! [`measured`], and writes one file per call of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::{env, fs, io};

use crate::case::Case;

/// How often each case is done; random ids come from a buffer for 16 of them.
pub const ROUNDS: u64 = 32;

/// The argument that makes the program do the cases instead of counting.
pub const WORK: &str = "--work";

/// Does a case some times, and nothing else.
#[inline(never)]
pub fn measured(case: &Case) {
    for _ in 0..ROUNDS {
        case.run();
    }
}

/// Does all cases, as the program that callgrind runs.
pub fn work(cases: &[Case]) {
    for case in cases {
        // What is made once is not part of what is counted.
        case.run();
        measured(case);
    }
}

/// Returns whether callgrind can be had.
#[must_use]
pub fn is_there() -> bool {
    let version = Command::new("valgrind").arg("--version").output();
    version.is_ok_and(|output| output.status.success())
}

/// Runs this program under callgrind, and returns how many instructions each case takes once.
///
/// # Errors
///
/// Where callgrind does not run, or writes something unexpected.
pub fn count(cases: &[Case], folder: &Path) -> io::Result<BTreeMap<String, u64>> {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder)?;
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .args([
            "--toggle-collect=eventkit_performance::callgrind::measured",
            "--dump-after=eventkit_performance::callgrind::measured",
        ])
        .arg(format!(
            "--callgrind-out-file={}",
            folder.join("out").display()
        ))
        .arg(env::current_exe()?)
        .arg(WORK)
        .args(env::args().skip(1))
        // The size of the environment moves the stack, and with it what is aligned how.
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .output()?;
    if !run.status.success() {
        let message = String::from_utf8_lossy(&run.stderr).into_owned();
        return Err(io::Error::other(message));
    }
    let mut counts = BTreeMap::new();
    for (at, case) in cases.iter().enumerate() {
        let profile = fs::read_to_string(folder.join(format!("out.{}", at + 1)))?;
        let total = total(&profile).ok_or_else(|| io::Error::other("a profile has no total"))?;
        counts.insert(case.name.clone(), total / ROUNDS);
    }
    Ok(counts)
}

fn total(profile: &str) -> Option<u64> {
    let mut lines = profile.lines();
    let total = lines.find_map(|line| {
        line.strip_prefix("totals: ")
            .or_else(|| line.strip_prefix("summary: "))
    })?;
    total.trim().parse().ok()
}
