//! RustStream in the same scenario as [`eventkit_performance::service`]: consuming JSON in memory.

use std::cell::Cell;
use std::convert::Infallible;
use std::hint::black_box;
use std::sync::Arc;

use eventkit_performance::case::Case;
use eventkit_performance::dispatch::ready;
use eventkit_performance::service::{Consumes, Handled, consuming};
use ruststream::memory::MemoryBroker;
use ruststream::memory::prelude::*;
use ruststream::runtime::RunningApp;
use ruststream::{OutgoingMessage, Publisher};
use serde::Deserialize;
use tokio::runtime::{Builder, Runtime};

/// The event, with the same data as that of the service of eventkit.
#[derive(Debug, Deserialize)]
struct Stock {
    article: u64,
    quantity: u32,
}

const BODY: &[u8] = br#"{"article":1000000,"quantity":37}"#;

#[subscriber("stock")]
async fn count(stock: &Stock, context: &mut Context<'_, (), Arc<Handled>>) -> HandlerOutcome {
    black_box((stock.article, stock.quantity));
    context.state().add();
    HandlerOutcome::ack()
}

struct Running {
    runtime: Runtime,
    broker: MemoryBroker,
    handled: Arc<Handled>,
    published: Cell<u64>,
    _app: RunningApp,
}

impl Running {
    fn start() -> Self {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let (broker, handled) = (MemoryBroker::new(), Arc::<Handled>::default());
        let state = Arc::clone(&handled);
        let app = RustStream::new(AppInfo::new("performance", "0.0.0"))
            .on_startup(async move |()| Ok::<_, Infallible>(state))
            .with_broker(broker.clone(), |broker| {
                broker.include(count);
            });
        let app = runtime.block_on(app.start()).expect("a service");
        Self {
            runtime,
            broker,
            handled,
            published: Cell::new(0),
            _app: app,
        }
    }
}

impl Consumes for Running {
    fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    fn handled(&self) -> &Handled {
        &self.handled
    }

    fn published(&self) -> u64 {
        self.published.get()
    }

    fn publish(&self, messages: u64) {
        let publisher = self.broker.publisher();
        for _ in 0..messages {
            ready(publisher.publish(OutgoingMessage::new("stock", BODY), None)).expect("a place");
        }
        self.published.set(self.published.get() + messages);
    }
}

/// Returns all cases.
#[must_use]
pub fn all() -> Vec<Case> {
    vec![consuming("consume in memory, 1 at once", Running::start)]
}
