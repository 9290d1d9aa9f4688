//! Scaling of dispatch: with threads, with registered handlers, and at program startup.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use eventkit::{Event, Registry};
use eventkit_performance::allocations::{self, Counting};
use eventkit_performance::{dispatch, messages};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Dispatches on several threads for a while, and returns the events per second.
fn throughput(threads: usize, registry: &'static Registry) -> f64 {
    const TIME: Duration = Duration::from_millis(500);
    let (count, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let order = messages::order();
                let mut own = 0;
                while !stop.load(Ordering::Relaxed) {
                    for _ in 0..1000 {
                        assert_eq!(
                            registry.dispatch(&order).map_or(0, |report| report.len()),
                            3
                        );
                    }
                    own += 1000;
                }
                count.fetch_add(own, Ordering::Relaxed);
            });
        }
        thread::sleep(TIME);
        stop.store(true, Ordering::Relaxed);
    });
    count.into_inner() as f64 / start.elapsed().as_secs_f64()
}

fn threads() {
    static CLOSURES: Registry = Registry::new("threads");
    (0..3).for_each(|_| CLOSURES.register_typed(dispatch::handle));
    on_threads("functions of the program", &dispatch::THREE);
    // Reports count references to closures, because they may be dropped before the program ends.
    on_threads("closures", &CLOSURES);
}

fn on_threads(handlers: &str, registry: &'static Registry) {
    // The runs alternate, because the machine may have other load.
    let mut most = [0.0_f64; 2];
    for _ in 0..5 {
        for (at, most) in most.iter_mut().enumerate() {
            *most = most.max(throughput(at + 1, registry));
        }
    }
    for (at, events) in most.iter().enumerate() {
        println!(
            "| events/s to 3 {handlers}, {} threads | {:.1} million |",
            at + 1,
            events / 1e6
        );
    }
    println!("| {handlers}, 2 threads to 1 | {:.2} |", most[1] / most[0]);
}

fn handlers() {
    static REGISTRY: Registry = Registry::new("many");
    const COUNT: usize = 10_000;
    let event = messages::event(&messages::order());
    let of = |n: usize| {
        event
            .to_builder()
            .ty(format!("co.outcome.order.number{n}"))
            .build()
            .unwrap()
    };
    let (first, last) = (of(0), of(COUNT - 1));
    let before = allocations::bytes();
    let start = Instant::now();
    for n in 0..COUNT {
        REGISTRY.register(format!("co.outcome.order.number{n}"), |_: &Event| {});
    }
    let registered = start.elapsed();
    let start = Instant::now();
    assert_eq!(REGISTRY.dispatch(&first).unwrap().len(), 1);
    let dispatched = start.elapsed();
    let bytes = (allocations::bytes() - before).unsigned_abs() / COUNT;
    let start = Instant::now();
    assert_eq!(REGISTRY.dispatch(&last).unwrap().len(), 1);
    let again = start.elapsed();
    println!("| bytes per registered handler, of {COUNT} | {bytes} |");
    println!("| registering {COUNT} handlers | {registered:.2?} |");
    println!("| the first dispatch after that, which makes the table | {dispatched:.2?} |");
    println!("| the second, to another handler | {again:.2?} |");
}

fn main() {
    println!("| | |");
    println!("| --- | ---: |");
    threads();
    handlers();
}
