//! A service that has more to do than it can do at once needs no more memory for it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use eventkit::{Dispatcher, Event, Policy, Registry};
use eventkit_performance::allocations::{peak, start_peak};
use eventkit_service::memory::Memory;
use eventkit_service::{MemoryInbox, Service};
use tokio::time::sleep;

/// How many messages the transport, and how many events the inbox may hold.
const CAPACITY: usize = 500;

/// Publishes events as fast as they are taken, and returns how many bytes there were at most.
async fn publish(memory: &Memory, numbers: std::ops::Range<u32>) -> usize {
    start_peak();
    for number in numbers {
        let event = Event::builder()
            .source("/tests")
            .ty("t")
            .id(number.to_string())
            .subject((number % 50).to_string())
            .data_bytes(vec![0; 256])
            .build()
            .unwrap();
        while memory.publish(&event).await.is_err() {
            sleep(Duration::from_millis(5)).await;
        }
    }
    peak()
        .try_into()
        .expect("this thread allocates what it frees")
}

#[tokio::test(start_paused = true)]
async fn memory_stays_flat_however_many_events_there_are() {
    static HANDLED: AtomicUsize = AtomicUsize::new(0);
    let registry = Registry::new("tests");
    let policy = Policy::new()
        .concurrency(16)
        .key("subject")
        .initial_delay(Duration::from_millis(5));
    registry
        .with_name("slow")
        .policy(policy)
        .register_async("t", |event: Event| async move {
            sleep(Duration::from_millis(10)).await;
            let handled = HANDLED.fetch_add(1, Ordering::Relaxed);
            // Some fail, so what is remembered of failures is counted too.
            if event.id().ends_with("00") && handled.is_multiple_of(2) {
                Err("not yet")
            } else {
                Ok(())
            }
        });
    let app = Dispatcher::new(&registry).build().unwrap();
    let memory = Memory::builder()
        .capacity(CAPACITY)
        .dedup_capacity(CAPACITY)
        .build();
    let service = Service::new("tests", &app)
        .transport(memory.clone())
        .inbox(MemoryInbox::new().capacity(CAPACITY))
        .build()
        .unwrap();
    let handle = service.handle();
    let task = tokio::spawn(service.run_until(std::future::pending()));
    handle.ready().await;
    // By then as many events have been handled at once as ever are.
    let few = publish(&memory, 0..50_000).await;
    let many = publish(&memory, 50_000..1_000_000).await;
    println!("{few} bytes at most with the first 50,000 events, {many} with 1,000,000");
    // One byte that stays for each event would double it.
    assert!(many < few + few / 10, "{few} bytes became {many}");
    while !memory.is_empty() {
        sleep(Duration::from_secs(1)).await;
    }
    let counters = handle.health().counters();
    assert_eq!((counters.succeeded, counters.dead_lettered), (1_000_000, 0));
    handle.stop();
    task.await.unwrap().unwrap();
}
