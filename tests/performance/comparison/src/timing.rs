//! Interleaved timing of operations, so that other load of the machine affects all of them.

use std::time::{Duration, Instant};

/// How long an operation is repeated before the next one.
const TURN: Duration = Duration::from_micros(500);
/// The number of turns of each operation.
const TURNS: usize = 101;

/// An operation, and how often it is repeated in a turn.
struct Contender<'a> {
    run: &'a dyn Fn(),
    repeat: u32,
    nanoseconds: Vec<f64>,
}

/// Runs the operations in turns, and returns the median time of each in nanoseconds.
///
/// Every round starts with another operation. Compared times were measured within milliseconds, so
/// the ratio of two medians of one call is more reliable than either median.
#[must_use]
pub fn race(contenders: &[&dyn Fn()]) -> Vec<f64> {
    let mut contenders: Vec<Contender<'_>> =
        contenders.iter().map(|run| Contender::new(*run)).collect();
    let count = contenders.len();
    for round in 0..TURNS {
        for at in 0..count {
            contenders[(round + at) % count].turn();
        }
    }
    contenders.iter_mut().map(Contender::median).collect()
}

impl<'a> Contender<'a> {
    fn new(run: &'a dyn Fn()) -> Self {
        let mut repeat = 1_u32;
        loop {
            let start = Instant::now();
            (0..repeat).for_each(|_| run());
            let took = start.elapsed();
            if took >= TURN || repeat > 1 << 24 {
                let nanoseconds = Vec::with_capacity(TURNS);
                return Self {
                    run,
                    repeat,
                    nanoseconds,
                };
            }
            repeat *= 2;
        }
    }

    fn turn(&mut self) {
        let start = Instant::now();
        (0..self.repeat).for_each(|_| (self.run)());
        let took = start.elapsed().as_secs_f64() * 1e9;
        self.nanoseconds.push(took / f64::from(self.repeat));
    }

    fn median(&mut self) -> f64 {
        self.nanoseconds.sort_by(f64::total_cmp);
        self.nanoseconds[self.nanoseconds.len() / 2]
    }
}

/// Formats a time with three digits.
#[must_use]
pub fn shown(nanoseconds: f64) -> String {
    match nanoseconds {
        n if n < 10.0 => format!("{n:.2} ns"),
        n if n < 1e3 => format!("{n:.1} ns"),
        n if n < 1e6 => format!("{:.2} us", n / 1e3),
        n => format!("{:.2} ms", n / 1e6),
    }
}
