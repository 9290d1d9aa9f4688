//! The time of a round, in this process and in the server.

use std::fs;
use std::time::{Duration, Instant};

/// The time of a round.
#[derive(Debug, Clone, Copy)]
pub struct Spent {
    pub wall: Duration,
    pub client: Duration,
    pub server: Duration,
}

/// A measurement in progress.
pub struct Measurement {
    start: Instant,
    server: u32,
    client_before: Duration,
    server_before: Duration,
}

impl Measurement {
    pub fn start(server: u32) -> Self {
        Self {
            server,
            client_before: processor_time("self"),
            server_before: processor_time(&server.to_string()),
            start: Instant::now(),
        }
    }

    pub fn end(self) -> Spent {
        Spent {
            wall: self.start.elapsed(),
            client: processor_time("self").saturating_sub(self.client_before),
            server: processor_time(&self.server.to_string()).saturating_sub(self.server_before),
        }
    }
}

/// Returns the processor time of a process, including its finished threads.
fn processor_time(process: &str) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"));
    let stat = stat.expect("Linux should have the times of a process in /proc");
    // The name may contain spaces. The 12th and 13th field after it are in ticks of 10 ms.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks = ticks.filter_map(|ticks| ticks.parse::<u64>().ok());
    Duration::from_millis(ticks.sum::<u64>() * 10)
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Formats the median, and the range of all values.
pub fn range(mut values: Vec<f64>) -> String {
    values.sort_by(f64::total_cmp);
    let (least, most) = (values[0], values[values.len() - 1]);
    format!("{:5.1} ({least:.1} to {most:.1})", values[values.len() / 2])
}
