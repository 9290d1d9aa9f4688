//! What handlers on NATS cost over its client: `cargo bench -p eventkit-tests --bench nats`.
//!
//! A loop over the client, one over the transport and a whole service receive the same events from the
//! same server, read the data into a type, and acknowledge with a confirmation; one after the other,
//! and with 64 at once. Then each gets events one at a time, and the time from before an event is
//! published until its handler has it is the latency. The rounds alternate.

use std::time::{Duration, Instant};

use async_nats::jetstream;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, PullConsumer, pull};
use eventkit::transport::{Subscription, Transport};
use eventkit::{BoxError, CloudEvent, Dispatcher, Event, Policy, Registry, State, handles};
use eventkit_nats::Nats;
use eventkit_service::{Service, ServiceHandle};
use eventkit_tests::nats::Server;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

const EVENTS: usize = 10_000;
const ROUNDS: usize = 5;
const AT_ONCE: usize = 64;
/// How many events each round measures the latency of.
const ALONE: usize = 500;

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
struct OrderPlaced {
    order_id: String,
    customer: String,
    total_cents: u64,
}

static SHOP: Registry = Registry::new("shop");

#[handles(registry = SHOP)]
#[allow(clippy::unused_async, reason = "a sync one would go to another thread")]
async fn receive(order: &OrderPlaced, State(done): State<mpsc::UnboundedSender<()>>) {
    assert_eq!(order.total_cents, 1250);
    // Nobody listens any more once all are done.
    let _ = done.send(());
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let Some(server) = Server::start() else {
        return Ok(());
    };
    let nats = Nats::connect(server.url()).open().await?;
    publish(&nats).await?;
    let client = async_nats::connect(server.url()).await?;
    for at_once in [1, AT_ONCE] {
        let (mut plain, mut transport, mut service) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let name = |who: &str| format!("{who}-{at_once}-{round}");
            plain.push(with_client(&client, &name("client"), at_once).await?);
            transport.push(with_transport(&nats, &name("transport"), at_once).await?);
            service.push(with_service(&nats, &name("service"), at_once).await?);
        }
        let (plain, transport, service) = (median(plain), median(transport), median(service));
        println!(
            "{at_once:>2} at once: async-nats {:.0}/s; transport {:.0}/s, {:.2} of its time; \
             service {:.0}/s, {:.2} of its time",
            rate(plain),
            rate(transport),
            transport.as_secs_f64() / plain.as_secs_f64(),
            rate(service),
            service.as_secs_f64() / plain.as_secs_f64(),
        );
    }
    let (mut plain, mut service) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        plain.extend(client_alone(&client, &nats, &format!("client-alone-{round}")).await?);
        let before = EVENTS + ALONE * (2 * round + 1);
        service.extend(service_alone(&nats, &format!("service-alone-{round}"), before).await?);
    }
    for (who, mut times) in [("async-nats", plain), ("service", service)] {
        times.sort_unstable();
        let (half, most) = (times[times.len() / 2], times[times.len() * 99 / 100]);
        println!("latency with {who}: {half:.0?} in the middle, {most:.0?} for all but 1%");
    }
    Ok(())
}

fn event(number: usize) -> Result<Event, BoxError> {
    let order = OrderPlaced {
        order_id: format!("A-{number}"),
        customer: "ann".to_owned(),
        total_cents: 1250,
    };
    Ok(order.to_event()?)
}

async fn publish(nats: &Nats) -> Result<(), BoxError> {
    let mut sending = JoinSet::new();
    for number in 0..EVENTS {
        let event = event(number)?;
        if sending.len() == AT_ONCE {
            sending.join_next().await.expect("one is there")??;
        }
        let nats = nats.clone();
        sending.spawn(async move { nats.publish(&event).await.map(drop) });
    }
    while let Some(sent) = sending.join_next().await {
        sent??;
    }
    Ok(())
}

async fn with_client(
    client: &async_nats::Client,
    name: &str,
    at_once: usize,
) -> Result<Duration, BoxError> {
    let start = Instant::now();
    let mut messages = messages(client, name, DeliverPolicy::All).await?;
    let mut acks = JoinSet::new();
    for _ in 0..EVENTS {
        let message = next(&mut messages).await?;
        let order: OrderPlaced = serde_json::from_slice(&message.payload)?;
        assert_eq!(order.total_cents, 1250);
        if at_once == 1 {
            message.double_ack().await?;
            continue;
        }
        if acks.len() == at_once {
            acks.join_next().await.expect("one is there")??;
        }
        acks.spawn(async move { message.double_ack().await });
    }
    while let Some(acked) = acks.join_next().await {
        acked??;
    }
    Ok(start.elapsed())
}

async fn messages(
    client: &async_nats::Client,
    name: &str,
    deliver_policy: DeliverPolicy,
) -> Result<pull::Stream, BoxError> {
    let context = jetstream::new(client.clone());
    let config = pull::Config {
        durable_name: Some(name.to_owned()),
        deliver_policy,
        ack_policy: AckPolicy::Explicit,
        filter_subject: "events.co.outcome.order.>".to_owned(),
        max_ack_pending: 10_000,
        ..pull::Config::default()
    };
    let consumer: PullConsumer = context.create_consumer_on_stream(config, "events").await?;
    let messages = consumer.stream().max_messages_per_batch(256);
    Ok(messages.messages().await?)
}

async fn next(messages: &mut pull::Stream) -> Result<jetstream::Message, BoxError> {
    use futures_core::Stream;
    let next =
        std::future::poll_fn(|context| std::pin::Pin::new(&mut *messages).poll_next(context));
    Ok(next.await.ok_or("the messages have ended")??)
}

async fn with_transport(nats: &Nats, name: &str, at_once: usize) -> Result<Duration, BoxError> {
    let start = Instant::now();
    let subscription = Subscription::new(name, ["co.outcome.order.*"]);
    let mut consumer = nats.subscribe(&subscription).await?;
    let mut acks = JoinSet::new();
    for _ in 0..EVENTS {
        let incoming = consumer.next().await?.ok_or("the messages have ended")?;
        let event = incoming.event.map_err(|undecodable| undecodable.error)?;
        let order: OrderPlaced = event.data_as()?;
        assert_eq!(order.total_cents, 1250);
        if at_once == 1 {
            incoming.handle.ack().await?;
            continue;
        }
        if acks.len() == at_once {
            acks.join_next().await.expect("one is there")??;
        }
        acks.spawn(incoming.handle.ack());
    }
    while let Some(acked) = acks.join_next().await {
        acked??;
    }
    Ok(start.elapsed())
}

/// Is a service that runs, and tells of each event that its handler has had.
struct Running {
    handle: ServiceHandle,
    task: JoinHandle<()>,
    handled: mpsc::UnboundedReceiver<()>,
}

impl Running {
    fn start(nats: &Nats, name: &str, at_once: usize) -> Result<Self, BoxError> {
        let (done, handled) = mpsc::unbounded_channel();
        let app = Dispatcher::new(&SHOP).state(done).build()?;
        let service = Service::new(name, &app)
            .transport(nats.clone())
            .policy(Policy::new().concurrency(at_once))
            .build()?;
        let handle = service.handle();
        let task = tokio::spawn(async move {
            let ended = service.run_until(std::future::pending()).await;
            ended.expect("a service that is not stopped");
        });
        Ok(Self {
            handle,
            task,
            handled,
        })
    }

    async fn next(&mut self) -> Result<(), BoxError> {
        Ok(self.handled.recv().await.ok_or("the service has ended")?)
    }

    /// Waits until everything that has been handled is acknowledged.
    async fn settled(&self) {
        while self.handle.health().counters().in_flight > 0 {
            tokio::task::yield_now().await;
        }
    }

    async fn stop(self) -> Result<(), BoxError> {
        self.handle.stop();
        Ok(self.task.await?)
    }
}

async fn with_service(nats: &Nats, name: &str, at_once: usize) -> Result<Duration, BoxError> {
    let start = Instant::now();
    let mut running = Running::start(nats, name, at_once)?;
    for _ in 0..EVENTS {
        running.next().await?;
    }
    running.settled().await;
    let time = start.elapsed();
    running.stop().await?;
    Ok(time)
}

async fn client_alone(
    client: &async_nats::Client,
    nats: &Nats,
    name: &str,
) -> Result<Vec<Duration>, BoxError> {
    let mut messages = messages(client, name, DeliverPolicy::New).await?;
    let mut times = Vec::new();
    for number in 0..ALONE {
        let event = event(number)?;
        let start = Instant::now();
        nats.publish(&event).await?;
        let message = next(&mut messages).await?;
        let order: OrderPlaced = serde_json::from_slice(&message.payload)?;
        assert_eq!(order.total_cents, 1250);
        times.push(start.elapsed());
        message.double_ack().await?;
    }
    Ok(times)
}

async fn service_alone(nats: &Nats, name: &str, before: usize) -> Result<Vec<Duration>, BoxError> {
    let mut running = Running::start(nats, name, AT_ONCE)?;
    // What has been published before comes to it, too.
    for _ in 0..before {
        running.next().await?;
    }
    let mut times = Vec::new();
    for number in 0..ALONE {
        running.settled().await;
        let event = event(number)?;
        let start = Instant::now();
        nats.publish(&event).await?;
        running.next().await?;
        times.push(start.elapsed());
    }
    running.stop().await?;
    Ok(times)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[allow(clippy::cast_precision_loss)]
fn rate(time: Duration) -> f64 {
    EVENTS as f64 / time.as_secs_f64()
}
