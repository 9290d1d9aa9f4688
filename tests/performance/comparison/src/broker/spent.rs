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

/// Returns the median.
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

/// Prints the rates and the processor times of contenders, each of which consumed a number of events in
/// every round.
pub fn print_rates<'a>(events: u64, contenders: impl Iterator<Item = (&'a str, &'a [Spent])>) {
    println!("events per second; microseconds of the processor per event, here and in the server");
    for (name, spent) in contenders {
        let walls = spent.iter().map(|own| own.wall.as_secs_f64());
        let rate = events as f64 / median(walls.collect());
        println!("{name:<55} {rate:>8.0}/s  {}", per_event(spent, events));
    }
}

/// Prints the processor times of contenders.
pub fn print_times<'a>(events: u64, contenders: impl Iterator<Item = (&'a str, &'a [Spent])>) {
    for (name, spent) in contenders {
        println!("{name:<55} {}", per_event(spent, events));
    }
}

fn per_event(spent: &[Spent], events: u64) -> String {
    let us = |of: fn(&Spent) -> Duration| {
        let times = spent
            .iter()
            .map(|own| of(own).as_secs_f64() * 1e6 / events as f64);
        range(times.collect())
    };
    let (here, server) = (us(|own| own.client), us(|own| own.server));
    format!("{here} here  {server} server")
}

/// Prints the latencies of contenders, in microseconds.
pub fn print_latencies(contenders: Vec<(&str, Vec<f64>)>) {
    println!("microseconds from before an event is published until a handler has it");
    for (name, mut times) in contenders {
        times.sort_by(f64::total_cmp);
        let at = |share: usize| times[times.len() * share / 100];
        println!("{name:<55} p50 {:.0}  p99 {:.0}", at(50), at(99));
    }
}
