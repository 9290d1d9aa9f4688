//! The time that work takes, in this process and in the server.

use std::fs;
use std::time::{Duration, Instant};

/// What a round took.
#[derive(Debug, Clone, Copy)]
pub struct Spent {
    pub wall: Duration,
    pub client: Duration,
    pub server: Duration,
}

/// A running measurement.
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

/// Returns the processor time of a process, with that of its threads that have ended.
fn processor_time(process: &str) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"));
    let stat = stat.expect("Linux has the times of a process in /proc");
    // After the name, which may have spaces: the 12th and the 13th field are ticks of 10 ms.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks = ticks.filter_map(|ticks| ticks.parse::<u64>().ok());
    Duration::from_millis(ticks.sum::<u64>() * 10)
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Writes the median, and the range of all.
pub fn range(mut values: Vec<f64>) -> String {
    values.sort_by(f64::total_cmp);
    let (least, most) = (values[0], values[values.len() - 1]);
    format!("{:5.1} ({least:.1} to {most:.1})", values[values.len() / 2])
}
