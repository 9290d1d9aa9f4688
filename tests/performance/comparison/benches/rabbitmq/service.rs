//! A service of eventkit.

use std::sync::Arc;

use eventkit::{BoxError, Policy, Registry, State, handles};
use eventkit_comparison::broker::contender::{Handled, OrderPlaced, Running};
use eventkit_comparison::broker::service;

use crate::{Bench, Contender};

static SHOP: Registry = Registry::new("shop");

#[handles(registry = SHOP)]
#[allow(clippy::unused_async, reason = "a sync one would go to another thread")]
async fn receive(order: &OrderPlaced, State(handled): State<Handled>) {
    handled.add(order);
}

pub fn one_at_once(name: &'static str) -> Contender {
    Contender {
        name,
        short: "service-1",
        start: |bench, name, handled| Box::pin(start(bench, name, handled, 1)),
    }
}

pub fn sixteen_at_once(name: &'static str) -> Contender {
    Contender {
        name,
        short: "service-16",
        start: |bench, name, handled| Box::pin(start(bench, name, handled, 16)),
    }
}

async fn start(
    bench: Arc<Bench>,
    name: String,
    handled: Handled,
    at_once: usize,
) -> Result<Box<dyn Running>, BoxError> {
    let rabbitmq = bench.open(&name).await?;
    service::start(rabbitmq, name, handled, &SHOP, |service| {
        Ok(service.policy(Policy::new().concurrency(at_once)))
    })
    .await
}
