//! Counts of instructions with callgrind, a tool of valgrind.
//!
//! The program runs itself under callgrind, which only counts what happens within [`measured`], and
//! writes a file for each call of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::{env, fs, io};

use crate::case::Case;
use crate::excluded;

/// The number of runs of each case. Random ids come from a buffer for 16 of them.
pub const ROUNDS: u64 = 32;

/// The argument that makes the program run the cases instead of counting.
pub const WORK: &str = "--work";

/// The name of [`measured`] for callgrind.
const MEASURED: &str = "eventkit_performance::callgrind::measured";

/// Runs a case several times, and nothing else.
#[inline(never)]
pub fn measured(case: &Case) {
    excluded::measuring(|| {
        for _ in 0..ROUNDS {
            case.run();
        }
    });
}

/// Runs all cases, in the process under callgrind.
pub fn work(cases: &[Case]) {
    for case in cases {
        // One-time initialization is not counted.
        case.prepare();
        case.run();
        case.prepare();
        measured(case);
    }
}

/// Returns whether callgrind is available for the architecture of the thresholds.
#[must_use]
pub fn is_there() -> bool {
    let version = Command::new("valgrind").arg("--version").output();
    cfg!(target_arch = "x86_64") && version.is_ok_and(|output| output.status.success())
}

/// Runs this program under callgrind, and returns the instructions of each case per run.
///
/// # Errors
///
/// Returns an error if callgrind fails, or writes unexpected output.
pub fn count(cases: &[Case]) -> io::Result<BTreeMap<String, u64>> {
    let folder = env::temp_dir().join(format!("eventkit-counts-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let counts = count_in(cases, &folder);
    fs::remove_dir_all(&folder)?;
    counts
}

fn count_in(cases: &[Case], folder: &Path) -> io::Result<BTreeMap<String, u64>> {
    let out = folder.join("out");
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .arg(format!("--toggle-collect={MEASURED}"))
        .arg(format!("--toggle-collect={}", excluded::NAME))
        .arg(format!("--dump-after={MEASURED}"))
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(env::current_exe()?)
        .arg(WORK)
        .args(env::args().skip(1))
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        // Disables the CPU-specific functions of glibc, because their instruction counts differ
        // between machines.
        .env(
            "GLIBC_TUNABLES",
            "glibc.cpu.hwcaps=-AVX2,-AVX512VL,-ERMS,-AVX_Fast_Unaligned_Load",
        )
        .output()?;
    if !run.status.success() {
        let message = String::from_utf8_lossy(&run.stderr).into_owned();
        return Err(io::Error::other(message));
    }
    let mut counts = BTreeMap::new();
    for (at, case) in cases.iter().enumerate() {
        let profile = fs::read_to_string(folder.join(format!("out.{}", at + 1)))?;
        let total = total(&profile).ok_or_else(|| io::Error::other("a profile has no total"))?;
        counts.insert(case.name.clone(), total / (ROUNDS * case.operations));
    }
    Ok(counts)
}

fn total(profile: &str) -> Option<u64> {
    let mut lines = profile.lines();
    let total = lines.find_map(|line| line.strip_prefix("totals: "))?;
    total.trim().parse().ok()
}
