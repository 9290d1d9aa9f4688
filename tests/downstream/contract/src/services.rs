//! Services and transports.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use eventkit::extract::{Id, Source, Subject, Time, Type};
use eventkit::transport::{Publisher, PublisherExt, Transport};
use eventkit::{CloudEvent, Context, Dispatcher, Policy, Registry, handles};
use eventkit_service::{DeadLetters, MemoryInbox, Service, ServiceHandle, memory::Memory};
use eventkit_webhook::{Endpoint, Sender};

use super::{OrderPlaced, Tried, order};

static SHOP: Registry = Registry::new("shop");
static CALLS: AtomicUsize = AtomicUsize::new(0);

#[handles(registry = SHOP, retry(attempts = 1))]
async fn charge(
    order: &OrderPlaced,
    Id(id): Id<'_>,
    Source(source): Source<'_>,
    Type(ty): Type<'_>,
    subject: Option<Subject<'_>>,
    Time(_): Time,
    context: &Context<'_>,
) -> Result<(), std::io::Error> {
    assert_eq!(
        (source, ty, subject),
        ("/shop/orders", OrderPlaced::TYPE, None)
    );
    assert_eq!(context.event().id(), id);
    // The first call fails, and the replay of its dead letter succeeds.
    if CALLS.fetch_add(1, Ordering::Relaxed) == 0 {
        return Err(std::io::Error::other(order.order_id.clone()));
    }
    Ok(())
}

fn service(memory: &Memory) -> Result<Service, Box<dyn std::error::Error>> {
    let app = Dispatcher::new(&SHOP).build()?;
    Ok(Service::new("shop", &app)
        .transport(memory.clone())
        .inbox(MemoryInbox::new())
        .policy(Policy::new().attempts(3))
        .build()?)
}

/// Waits until a number of events have been handled.
async fn succeeded(handle: &ServiceHandle, events: u64) {
    while handle.health().counters().succeeded < events {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

pub(super) async fn memory() -> Tried {
    let memory = Memory::new();
    let running = service(&memory)?;
    let handle = running.handle();
    let stop = handle.clone();
    let publish = async {
        handle.ready().await;
        memory.publish(&order()).await?;
        memory.publish(&order().to_event()?).await?;
        let publisher: Arc<dyn Publisher> = Arc::new(memory.clone());
        publisher.publish(&order()).await?;
        publisher.publish_event(&order().to_event()?).await?;
        succeeded(&handle, 3).await;
        stop.stop();
        Ok::<(), Box<dyn std::error::Error>>(())
    };
    let (ended, published) = tokio::join!(running.run_until(std::future::pending()), publish);
    ended?;
    published?;

    let letters = DeadLetters::new(memory.clone(), "shop");
    let list = letters.list().await?;
    assert_eq!(list.len(), 1);
    assert!(letters.replay(&list[0]).await?);
    let running = service(&memory)?;
    let handle = running.handle();
    assert!(!handle.health().is_ready());
    running.run_until(succeeded(&handle, 1)).await?;
    assert_eq!(letters.replay_all().await?, 0);
    assert_eq!(CALLS.load(Ordering::Relaxed), 5);
    Ok(())
}

pub(super) fn webhook() -> Tried {
    let sender = Sender::to("https://example.com/events").build()?;
    let endpoint = Endpoint::builder().publisher(sender).build()?;
    assert_eq!(endpoint.name(), "webhook");
    // This only needs to compile, so it needs no server.
    drop(async {
        let nats = eventkit_nats::Nats::connect("nats://example.com")
            .stream("shop")
            .open()
            .await?;
        nats.publish(&order()).await?;
        nats.publish(&order().to_event().expect("JSON")).await
    });
    Ok(())
}
