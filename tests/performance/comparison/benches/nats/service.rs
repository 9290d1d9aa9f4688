//! A service of eventkit.

use std::path::Path;
use std::sync::Arc;

use eventkit::{BoxError, Policy, Registry, State, handles};
use eventkit_comparison::broker::contender::{Handled, OrderPlaced, Running};
use eventkit_comparison::broker::service;
use eventkit_nats::Nats;
use eventkit_service::{MemoryInbox, ServiceBuilder};
use eventkit_sql::SqliteInbox;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use crate::{Bench, Contender};

static SHOP: Registry = Registry::new("shop");
static SYNC: Registry = Registry::new("sync");

#[handles(registry = SHOP)]
#[allow(clippy::unused_async, reason = "a sync one would go to another thread")]
async fn receive(order: &OrderPlaced, State(handled): State<Handled>) {
    handled.add(order);
}

#[handles(registry = SYNC)]
fn receive_sync(order: &OrderPlaced, State(handled): State<Handled>) {
    handled.add(order);
}

pub fn default(name: &'static str) -> Contender {
    Contender {
        name,
        short: "service",
        start: |bench, name, handled| {
            Box::pin(start(bench, name, handled, &SHOP, |service| Ok(service)))
        },
    }
}

pub fn with_memory_inbox(name: &'static str) -> Contender {
    Contender {
        name,
        short: "memory-inbox",
        start: |bench, name, handled| {
            Box::pin(start(bench, name, handled, &SHOP, |service| {
                Ok(service.inbox(MemoryInbox::new()))
            }))
        },
    }
}

pub fn with_sqlite_inbox(name: &'static str) -> Contender {
    Contender {
        name,
        short: "sqlite-inbox",
        start: |bench, name, handled| {
            let inbox = sqlite_inbox(&name);
            Box::pin(start(bench, name, handled, &SHOP, |service| {
                Ok(service.inbox(inbox?))
            }))
        },
    }
}

pub fn default_64(name: &'static str) -> Contender {
    Contender {
        name,
        short: "service-64",
        start: |bench, name, handled| {
            Box::pin(start(bench, name, handled, &SHOP, |service| {
                Ok(service.policy(Policy::new().concurrency(64)))
            }))
        },
    }
}

pub fn with_sqlite_inbox_64(name: &'static str) -> Contender {
    Contender {
        name,
        short: "sqlite-inbox-64",
        start: |bench, name, handled| {
            let inbox = sqlite_inbox(&name);
            Box::pin(start(bench, name, handled, &SHOP, |service| {
                let policy = Policy::new().concurrency(64);
                Ok(service.policy(policy).inbox(inbox?))
            }))
        },
    }
}

fn sqlite_inbox(name: &str) -> Result<SqliteInbox, BoxError> {
    let file = format!("eventkit-bench-{}-{name}.db", std::process::id());
    let open = SqliteInbox::open(Path::new(env!("CARGO_TARGET_TMPDIR")).join(file));
    Ok(block_in_place(|| Handle::current().block_on(open))?)
}

pub fn unconfirmed(name: &'static str) -> Contender {
    Contender {
        name,
        short: "service-unconfirmed",
        start: |bench, name, handled| {
            Box::pin(async move {
                let builder = Nats::connect(&bench.url).unconfirmed_acks();
                let nats = builder.open().await?;
                service::start(nats, name, handled, &SHOP, Ok).await
            })
        },
    }
}

pub fn sync(name: &'static str) -> Contender {
    Contender {
        name,
        short: "sync",
        start: |bench, name, handled| {
            Box::pin(start(bench, name, handled, &SYNC, |service| Ok(service)))
        },
    }
}

async fn start(
    bench: Arc<Bench>,
    name: String,
    handled: Handled,
    registry: &'static Registry,
    configure: impl FnOnce(ServiceBuilder) -> Result<ServiceBuilder, BoxError>,
) -> Result<Box<dyn Running>, BoxError> {
    service::start(bench.nats.clone(), name, handled, registry, configure).await
}
