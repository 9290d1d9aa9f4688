//! RustStream, which does not wait for the confirmation of acknowledgements.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use eventkit::BoxError;
use eventkit_comparison::broker::contender::{Ending, Handled, OrderPlaced, Running};
use ruststream::runtime::RunningApp;
use ruststream_nats::prelude::*;

use crate::{Bench, Contender};

/// The name of the next consumer.
static NAME: Mutex<String> = Mutex::new(String::new());

fn name() -> String {
    NAME.lock().expect("no panic").clone()
}

#[subscriber(
    JetStreamSubject::new("events.co.outcome.order.>", "events").durable(name()).max_ack_pending(10_000),
    workers(16)
)]
async fn receive(order: &OrderPlaced, context: &mut Context<'_, (), Handled>) -> HandlerOutcome {
    context.state().add(order);
    HandlerOutcome::ack()
}

pub fn unconfirmed(name: &'static str) -> Contender {
    Contender {
        name,
        short: "ruststream",
        start: |bench, name, handled| Box::pin(start(bench, name, handled)),
    }
}

struct Started<A>(A);

async fn start(
    bench: Arc<Bench>,
    name: String,
    handled: Handled,
) -> Result<Box<dyn Running>, BoxError> {
    *NAME.lock().expect("no panic") = name;
    let app = RustStream::new(AppInfo::new("bench", "0.0.0"))
        .on_startup(async move |()| Ok::<_, Infallible>(handled))
        .with_broker(NatsBroker::new(bench.url.as_str()), |broker| {
            broker.include(receive);
        });
    Ok(Box::new(Started(app.start().await?)))
}

impl Running for Started<RunningApp> {
    fn end(self: Box<Self>) -> Ending {
        Box::pin(async move { Ok(self.0.shutdown().await?) })
    }
}
