//! Faults that only RabbitMQ has.

use std::time::{Duration, Instant};

use eventkit::BoxError;
use tokio::task::block_in_place;
use tokio::time::sleep;

use crate::environment::Environment;
use crate::handlers::INVOICE;
use crate::operators;
use crate::setup::Setup;
use crate::stores;
use crate::worker::SERVICE;

/// The time limit for a worker to declare a deleted queue again.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the alarm lasts.
const ALARM: Duration = Duration::from_secs(6);

/// Deletes the queue of a handler that has handled all events. Events that are published while there
/// is no queue are not stored for it, so that none is published.
pub(crate) async fn queue_deleted(row: &mut Environment) -> Result<(), BoxError> {
    let (half, all) = (row.setup.events / 2, row.setup.events);
    row.publish(0..half);
    row.start_worker()?.ready().await?;
    row.until(1, 2).await?;
    row.publishing.finish().await?;
    control(row, &["delete_queue", &queue(row)])?;
    let start = Instant::now();
    while !has_consumer(row)? {
        if start.elapsed() > PATIENCE {
            return Err("the worker does not declare its queue again".into());
        }
        sleep(Duration::from_millis(100)).await;
    }
    row.newest()?.ready().await?;
    row.publish(half..all);
    row.until(1, 1).await
}

/// Sets off the alarm of the memory, so that the broker accepts no messages.
pub(crate) async fn memory_alarm(row: &mut Environment) -> Result<(), BoxError> {
    let (half, all) = (row.setup.events / 2, row.setup.events);
    row.publish(0..half);
    row.start_worker()?;
    row.until(1, 8).await?;
    control(row, &["set_vm_memory_high_watermark", "0.00001"])?;
    row.publish(half..all);
    stores::until_refused(row).await?;
    sleep(ALARM).await;
    control(row, &["set_vm_memory_high_watermark", "0.4"])?;
    row.until(1, 1).await
}

/// Lets handlers need longer than the broker needs to notice that its memory is short.
pub(crate) fn under_long_load(setup: &mut Setup) {
    setup.harms_broker = true;
    setup.lasting(Duration::from_secs(12));
}

/// Lets a node be killed or suspended under load.
pub(crate) fn harmed_under_load(setup: &mut Setup) {
    setup.harms_broker = true;
    operators::under_load(setup);
}

fn queue(row: &Environment) -> String {
    let exchange = &row.setup.worker.broker.place;
    format!("{exchange}.{SERVICE}--{INVOICE}")
}

fn has_consumer(row: &Environment) -> Result<bool, BoxError> {
    let listed = control(row, &["list_queues", "name", "consumers"])?;
    let queue = queue(row);
    let mut counts = listed.lines().filter_map(|line| {
        let (name, consumers) = line.split_once('\t')?;
        (name == queue).then_some(consumers)
    });
    Ok(counts.next().is_some_and(|consumers| consumers != "0"))
}

fn control(row: &Environment, arguments: &[&str]) -> Result<String, BoxError> {
    let server = row.broker.rabbitmq()?;
    Ok(block_in_place(|| server.control(arguments)))
}
