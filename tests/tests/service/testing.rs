//! The in-memory service for tests of handlers.

use std::sync::Mutex;
use std::time::Duration;

use eventkit::{BoxError, CloudEvent, Dispatcher, Event, Policy, Registry, State};
use eventkit_service::Service;
use eventkit_service::memory::Faults;
use eventkit_service::testing::TestService;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "placed", source = "/shop")]
struct Placed {
    number: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "shipped", source = "/shop")]
struct Shipped {
    number: u32,
}

#[derive(Debug, CloudEvent)]
enum Any {
    Placed(Placed),
    #[cloudevent(other)]
    Other(Event),
}

#[derive(Default)]
struct Seen(Mutex<Vec<u32>>);

static SHOP: Registry = Registry::new("testing");

#[eventkit::handles(registry = SHOP)]
async fn ship(placed: Placed) -> Result<Shipped, BoxError> {
    if placed.number == 13 {
        return Err("no such number".into());
    }
    let Placed { number } = placed;
    Ok(Shipped { number })
}

#[eventkit::handles(registry = SHOP)]
async fn note(shipped: &Shipped, seen: State<std::sync::Arc<Seen>>) {
    seen.0.0.lock().unwrap().push(shipped.number);
}

fn start(faults: Option<Faults>) -> (TestService, std::sync::Arc<Seen>) {
    let seen = std::sync::Arc::<Seen>::default();
    let app = Dispatcher::new(&SHOP).state(seen.clone()).build().unwrap();
    let policy = Policy::new().attempts(3);
    let service = Service::new("tests", &app).policy(policy);
    let service = match faults {
        Some(faults) => TestService::start_with_faults(service, faults),
        None => TestService::start(service),
    };
    (service.unwrap(), seen)
}

#[tokio::test(start_paused = true)]
async fn published_events_reach_other_handlers_and_are_recorded() {
    let (service, seen) = start(None);
    for number in [7, 13] {
        service.publish(&Placed { number }).await.unwrap();
    }
    let health = service.settled().await;
    assert_eq!(health.counters().retried, 2);
    assert_eq!(
        service.published::<Shipped>().unwrap(),
        [Shipped { number: 7 }]
    );
    let any = service.published::<Any>().unwrap();
    assert!(matches!(&any[..], [Any::Other(event)] if event.ty() == Shipped::TYPE));
    assert_eq!(*seen.0.lock().unwrap(), [7]);
    let letters = service.dead_letters().await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(
        (letters[0].error.as_str(), letters[0].attempts),
        ("no such number", 3)
    );
    // The dead letter stays, and is replayed.
    assert_eq!(service.letters().replay_all().await.unwrap(), 1);
    service.settled().await;
    assert_eq!(service.dead_letters().await.unwrap().len(), 1);
    assert_eq!(service.stop().await.unwrap().abandoned, 0);
}

#[tokio::test(start_paused = true)]
async fn a_test_service_is_not_settled_before_the_last_retry() {
    let registry = Box::leak(Box::new(Registry::new("retries")));
    let tries = std::sync::Arc::<Mutex<u32>>::default();
    let counted = tries.clone();
    registry.with_name("retry").register("t", move |_: &Event| {
        let mut tries = counted.lock().unwrap();
        *tries += 1;
        if *tries < 4 { Err("not yet") } else { Ok(()) }
    });
    let app = Dispatcher::new(registry).build().unwrap();
    let hour = Duration::from_hours(1);
    let policy = Policy::new()
        .attempts(9)
        .initial_delay(hour)
        .max_delay(hour);
    let service = TestService::start(Service::new("tests", &app).policy(policy)).unwrap();
    let start = Instant::now();
    let event = Event::builder().source("/s").ty("t").build().unwrap();
    service.publish(&event).await.unwrap();
    service.settled().await;
    assert_eq!(*tries.lock().unwrap(), 4);
    assert!(start.elapsed() > hour);
}

#[tokio::test(start_paused = true)]
async fn faults_do_not_lose_events_and_are_the_same_for_a_seed() {
    for seed in 0..20 {
        let faults = Faults::seeded(seed)
            .duplicate(0.2)
            .drop_ack(0.2)
            .refuse_publish(0.3)
            .lose_confirmation(0.2)
            .disconnect(0.05);
        let (service, _) = start(Some(faults));
        for number in 0..20 {
            service.publish(&Placed { number }).await.unwrap();
        }
        service.settled().await;
        let mut shipped = service.published::<Shipped>().unwrap();
        shipped.sort();
        let expected: Vec<Shipped> = (0..20)
            .filter(|number| *number != 13)
            .map(|number| Shipped { number })
            .collect();
        assert_eq!(shipped, expected, "seed {seed}");
        // A lost acknowledgement makes it fail again.
        let letters = service.dead_letters().await.unwrap();
        let failed = letters.iter().map(|letter| letter.event().unwrap());
        let failed: Vec<u32> = failed
            .map(|event| event.data_as::<Placed>().unwrap().number)
            .collect();
        assert!(
            !failed.is_empty() && failed.iter().all(|number| *number == 13),
            "seed {seed}: {failed:?}"
        );
    }
}
