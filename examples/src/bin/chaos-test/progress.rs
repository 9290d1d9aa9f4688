//! How far a row is, on the standard error.

use std::io::{IsTerminal, Write, stderr};

const WIDTH: u64 = 30;

/// A bar on a terminal, and a line for each tenth elsewhere.
#[derive(Debug)]
pub(crate) struct Progress {
    title: String,
    total: u64,
    tenths: u64,
    is_terminal: bool,
}

impl Progress {
    pub(crate) fn new(title: String, total: u64) -> Self {
        let is_terminal = stderr().is_terminal();
        Self {
            title,
            total,
            tenths: 0,
            is_terminal,
        }
    }

    pub(crate) fn show(&mut self, done: u64, what: &str) {
        let (title, total) = (&self.title, self.total);
        if self.is_terminal {
            let full = usize::try_from(WIDTH * done.min(total) / total).unwrap_or(0);
            let (full, empty) = ("#".repeat(full), ".".repeat(30 - full));
            eprint!("\r{title:<44} [{full}{empty}] {done:>6}/{total} {what:<34}");
            // It is for the eye alone.
            let _ = stderr().flush();
        } else if done * 10 / total > self.tenths {
            self.tenths = done * 10 / total;
            eprintln!("{title}: {done}/{total} {what}");
        }
    }

    pub(crate) fn end(&self) {
        if self.is_terminal {
            eprint!("\r{:120}\r", "");
        }
    }
}
