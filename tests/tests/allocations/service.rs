//! A service under load does not need more memory over time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use eventkit::{Dispatcher, Event, Policy, Registry};
use eventkit_performance::allocations::{bytes, peak, start_peak};
use eventkit_service::memory::Memory;
use eventkit_service::{DeadLetters, MemoryInbox, Service};
use tokio::time::sleep;

/// The capacity of the transport in messages, and of the inbox in events.
const CAPACITY: usize = 500;

/// Publishes events as fast as they are handled, and returns the maximum number of bytes allocated.
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
        .expect("this thread should free only what it allocated")
}

#[tokio::test(start_paused = true)]
async fn memory_does_not_grow_with_the_number_of_events() {
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
            // Some fail, so that the memory of failures is counted too.
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
    // After these, the maximum number of concurrent events has been reached.
    let few = publish(&memory, 0..50_000).await;
    let many = publish(&memory, 50_000..300_000).await;
    println!("{few} bytes at most with the first 50,000 events, {many} with 300,000");
    // One byte kept per event would be a quarter more.
    assert!(many < few + few / 10, "{few} bytes became {many}");
    while !memory.is_empty() {
        sleep(Duration::from_secs(1)).await;
    }
    let counters = handle.health().counters();
    assert_eq!((counters.succeeded, counters.dead_lettered), (300_000, 0));
    handle.stop();
    task.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn dead_letters_are_counted_without_all_of_them_in_memory() {
    const LETTERS: usize = 1_000;
    let registry = Registry::new("tests");
    registry
        .with_name("broken")
        .policy(Policy::new().attempts(1))
        .register("t", |_: &Event| Err::<(), _>("no printer"));
    let app = Dispatcher::new(&registry).build().unwrap();
    let memory = Memory::new();
    let service = Service::new("tests", &app).transport(memory.clone());
    let service = service.build().unwrap();
    let handle = service.handle();
    let task = tokio::spawn(service.run_until(std::future::pending()));
    for id in 0..LETTERS {
        let event = Event::builder().id(id.to_string()).source("/tests").ty("t");
        memory.publish(&event.build().unwrap()).await.unwrap();
    }
    handle
        .wait_for(|health| health.counters().dead_lettered == LETTERS as u64)
        .await;
    handle.stop();
    task.await.unwrap().unwrap();

    let letters = DeadLetters::new(memory, "tests");
    let before = bytes();
    start_peak();
    assert_eq!(letters.list().await.unwrap().len(), LETTERS);
    let listed = peak() - before;
    let before = bytes();
    start_peak();
    assert_eq!(letters.counts().await.unwrap()[0].count, LETTERS);
    let counted = peak() - before;
    assert!(
        counted < listed / 2,
        "{counted} bytes to count, {listed} to list"
    );
}
