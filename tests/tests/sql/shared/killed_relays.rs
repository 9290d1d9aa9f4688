//! Relays whose processes are killed, or stopped for longer than their lease.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::future::pending;
use std::io::Write;
use std::path::Path;
use std::time::Duration;
use std::{env, fs};

use eventkit::Event;
use eventkit_sql::Relay;
use tokio::time::{sleep, timeout};

use super::relay::{numbers, store_events};
use super::{PREFIX, open, place};
use crate::processes::{Process, run, told};
use crate::recorded::{Calling, PATIENCE};

const EVENTS: u32 = 1500;

/// The number of events that are marked as published together.
const BATCH: usize = 64;

/// The process of a relay; it does nothing if no test has started it.
#[test]
fn process() {
    let Some(told) = told() else {
        return;
    };
    let (place, path) = told.split_once('\n').unwrap();
    let file = OpenOptions::new().append(true).open(path).unwrap();
    run(async {
        // Appends the id of the event to the file, with that of the process.
        let appending = Calling(move |event: Event| {
            let line = format!("{} {}\n", std::process::id(), event.id());
            (&file).write_all(line.as_bytes()).unwrap();
            async {
                sleep(Duration::from_millis(1)).await;
                Ok(())
            }
        });
        let relay = Relay::new(open(place).await, appending);
        relay.run_until(pending()).await;
    });
}

/// An event that was published: the process, and the number of the event.
type Line = (u32, u32);

/// Waits until the lines of a file satisfy a condition, and returns them.
async fn until(path: &Path, condition: impl Fn(&[Line]) -> bool) -> Vec<Line> {
    let waiting = async {
        loop {
            let text = fs::read_to_string(path).unwrap();
            let line = |line: &str| {
                let (process, id) = line.split_once(' ')?;
                Some((process.parse().ok()?, id.parse().ok()?))
            };
            // The last one may not be whole yet.
            let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
            let lines: Vec<Line> = whole.lines().map(|text| line(text).unwrap()).collect();
            if condition(&lines) {
                return lines;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(2 * PATIENCE, waiting).await.unwrap()
}

/// Waits until a process that is none of some has published some events, and returns it.
async fn next(path: &Path, others: &[u32]) -> u32 {
    let own = |lines: &[Line]| -> Vec<u32> {
        let processes = lines.iter().map(|(process, _)| *process);
        processes.filter(|own| !others.contains(own)).collect()
    };
    own(&until(path, |lines| own(lines).len() >= 2 * BATCH).await)[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn three_relays_keep_the_order_while_they_are_killed_and_lose_their_lease() {
    let Some(place) = place() else {
        return;
    };
    let store = open(&place).await;
    let path = env::temp_dir().join(format!("eventkit-relayed-{}{PREFIX}", std::process::id()));
    File::create(&path).unwrap();
    let told = format!("{place}\n{}", path.display());
    let mut relays: Vec<Process> = (0..3)
        .map(|_| Process::start(module_path!(), &told))
        .collect();
    let storing = tokio::spawn(async move {
        for number in 0..EVENTS {
            store_events(&store, [number.to_string()]).await;
            sleep(Duration::from_millis(3)).await;
        }
    });
    let first = next(&path, &[]).await;
    relays.retain_mut(|relay| {
        relay.id() != first || {
            relay.kill();
            false
        }
    });
    let second = next(&path, &[first]).await;
    let at = relays
        .iter()
        .position(|relay| relay.id() == second)
        .unwrap();
    if PREFIX.is_empty() {
        // It goes on when another relay has taken its place.
        relays[at].signal("STOP");
        next(&path, &[first, second]).await;
        relays[at].signal("CONT");
    } else {
        // If it were only stopped, it might hold the lock of the file.
        relays[at].kill();
    }
    storing.await.unwrap();
    let is_complete = |lines: &[Line]| {
        let ids: HashSet<u32> = lines.iter().map(|(_, id)| *id).collect();
        ids.len() == EVENTS as usize
    };
    until(&path, is_complete).await;
    // A process that published what is not its turn would do so now.
    sleep(Duration::from_secs(1)).await;
    let lines = until(&path, is_complete).await;
    drop(relays);
    fs::remove_file(&path).unwrap();
    check(&lines, &[first, second]);
}

/// Checks the order, and that only events which a process had in hand when it was killed or stopped were
/// published again.
fn check(lines: &[Line], interrupted: &[u32]) {
    let mut seen = HashSet::new();
    let firsts = lines.iter().filter(|(_, id)| seen.insert(*id));
    let firsts: Vec<String> = firsts.map(|(_, id)| id.to_string()).collect();
    assert_eq!(firsts, numbers(0..EVENTS));
    let mut repeats = 0;
    for (at, (process, id)) in lines.iter().enumerate() {
        let earlier = lines[..at].iter().position(|(_, other)| other == id);
        let Some(earlier) = earlier else {
            continue;
        };
        repeats += 1;
        let (before, _) = lines[earlier];
        // What a process that was stopped had begun to publish.
        let had_begun = interrupted.contains(process)
            && lines[at..].iter().filter(|(own, _)| own == process).count() == 1;
        let own = lines[earlier..].iter().filter(|(own, _)| *own == before);
        let was_in_hand = interrupted.contains(&before) && own.count() <= BATCH + 1;
        assert!(
            process != &before && (was_in_hand || had_begun),
            "{id} was published by {before}, and again by {process}"
        );
    }
    assert!(repeats <= interrupted.len() * (BATCH + 1), "{repeats}");
}
