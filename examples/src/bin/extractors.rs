//! Takes attributes, extensions and a custom extractor as parameters of a handler.

#![forbid(unsafe_code)]

use eventkit::event::Timestamp;
use eventkit::extract::{Id, Subject, Time};
use eventkit::{BoxError, CloudEvent, Context, Extract, handles};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/acme/orders")]
struct OrderPlaced {
    order_id: String,
}

/// The tenant of the event: the first segment of its source.
struct Tenant(String);

impl<'a> Extract<'a> for Tenant {
    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        let tenant = context.event().source().split('/').nth(1);
        Ok(Self(tenant.ok_or("the source has no tenant")?.to_owned()))
    }
}

#[handles("co.outcome.order.placed")]
fn ship(
    order: &OrderPlaced,
    Id(id): Id<'_>,
    Time(time): Time,
    subject: Option<Subject<'_>>,
    #[extension("priority")] priority: i32,
    #[extension("traceparent")] trace: Option<String>,
    Tenant(tenant): Tenant,
) {
    let customer = subject.map_or("nobody", |Subject(customer)| customer);
    let trace = trace.unwrap_or_else(|| "none".to_owned());
    println!("order {} of {tenant} for {customer}", order.order_id);
    println!("event {id} at {time}, priority {priority}, trace {trace}");
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let order = OrderPlaced {
        order_id: "A-1".to_owned(),
    };
    let time: Timestamp = "2026-01-31T09:30:00+01:00".parse()?;
    let event = order.event_builder()?.id("1").time(time).subject("ann");
    let event = event.extension("priority", 7).build()?;
    eventkit::dispatch(&event)?;

    // Without the priority, the handler is not called, and the error explains why.
    let event = order.event_builder()?.id("2").build()?;
    let Err(error) = eventkit::dispatch(&event) else {
        return Err("the handler ran without a priority".into());
    };
    println!("{error}");
    Ok(())
}
