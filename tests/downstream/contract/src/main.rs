//! Every name of the public contract, in one program.

#![forbid(unsafe_code)]
#![deny(warnings)]

mod services;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use eventkit::binding::http;
use eventkit::format::{Format, Json};
use eventkit::{CloudEvent, Event, Registry, State, handles};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
pub struct OrderPlaced {
    pub order_id: String,
    pub customer: String,
    pub total_cents: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "co.outcome.order.cancelled",
    source = "/shop/orders",
    subject = "orders",
    datacontenttype = "application/vnd.order+json",
    dataschema = "https://example.com/cancelled.json",
    region = "eu",
    priority = 3
)]
pub struct OrderCancelled {
    #[cloudevent(id)]
    pub cancellation: String,
    #[cloudevent(extension = "actor", keep)]
    pub by: String,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, CloudEvent)]
pub enum OrderEvent {
    Placed(OrderPlaced),
    Cancelled(OrderCancelled),
}

#[derive(Debug)]
pub struct AuditError;

impl std::fmt::Display for AuditError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the audit failed")
    }
}

impl std::error::Error for AuditError {}

type Db = Arc<Mutex<Vec<String>>>;

static CALLS: AtomicUsize = AtomicUsize::new(0);

#[handles("co.outcome.order.placed")]
fn send_receipt(order: &OrderPlaced) {
    assert_eq!(order.order_id, "o-1");
    CALLS.fetch_add(1, Ordering::Relaxed);
}

static SHIPPING: Registry = Registry::new("shipping");

#[handles(registry = SHIPPING)]
async fn ship(order: OrderPlaced, State(db): State<Db>) -> Result<(), AuditError> {
    db.lock().map_err(|_| AuditError)?.push(order.order_id);
    Ok(())
}

#[handles("co.outcome.order.placed", "co.outcome.order.cancelled")]
fn audit(event: &Event) -> Result<(), AuditError> {
    CALLS.fetch_add(1, Ordering::Relaxed);
    if event.id().is_empty() {
        Err(AuditError)
    } else {
        Ok(())
    }
}

static BILLING: Registry = Registry::new("billing");

#[handles("co.outcome.order.placed", registry = BILLING)]
fn invoice(order: &OrderPlaced) {
    assert_eq!(order.total_cents, 1250);
    CALLS.fetch_add(1, Ordering::Relaxed);
}

#[handles(registry = BILLING)]
fn follow(event: &OrderEvent) {
    assert!(matches!(event, OrderEvent::Placed(_)));
    CALLS.fetch_add(1, Ordering::Relaxed);
}

fn order() -> OrderPlaced {
    OrderPlaced {
        order_id: "o-1".into(),
        customer: "c-7".into(),
        total_cents: 1250,
    }
}

type Tried = Result<(), Box<dyn std::error::Error>>;

fn constants_and_conversions() -> Tried {
    assert_eq!(OrderPlaced::TYPE, "co.outcome.order.placed");
    assert_eq!(OrderPlaced::SOURCE, Some("/shop/orders"));
    assert_eq!(OrderPlaced::DATA_CONTENT_TYPE, "application/json");
    assert_eq!(OrderPlaced::DATA_SCHEMA, None);
    assert_eq!(OrderEvent::TYPES, [OrderPlaced::TYPE, OrderCancelled::TYPE]);

    let order = order();
    let event: Event = order.to_event()?;
    let back = OrderPlaced::try_from(&event)?;
    assert_eq!(back, order);
    let event = order
        .event_builder()?
        .id("A-1")
        .subject("c-7")
        .extension("traceparent", "00-..")
        .build()?;
    assert_eq!((event.id(), event.subject()), ("A-1", Some("c-7")));
    assert_eq!(OrderPlaced::try_from(event.clone())?, order);
    let by_reference: Event = Event::try_from(&order)?;
    let by_value: Event = Event::try_from(order.clone())?;
    assert_eq!(by_reference.data(), by_value.data());

    #[derive(Deserialize)]
    struct Other {
        customer: String,
    }
    let any: Other = event.data_as::<Other>()?;
    assert_eq!(any.customer, "c-7");

    let cancelled = OrderCancelled {
        cancellation: "x-1".into(),
        by: "clerk".into(),
        reason: "late".into(),
    };
    let event = cancelled.to_event()?;
    assert_eq!((event.id(), event.subject()), ("x-1", Some("orders")));
    assert_eq!(
        event.extension("actor").map(ToString::to_string).as_deref(),
        Some("clerk")
    );
    assert_eq!(event.extension_as::<i32>("priority")?, 3);
    assert_eq!(
        event.data().map(|data| data.as_bytes()),
        Some(&br#"{"by":"clerk","reason":"late"}"#[..])
    );
    assert_eq!(OrderCancelled::try_from(&event)?, cancelled);
    assert_eq!(
        OrderEvent::try_from(&event)?,
        OrderEvent::Cancelled(cancelled)
    );
    Ok(())
}

fn envelope() -> Tried {
    let utc = order()
        .to_event()?
        .time()
        .map(|time| time.to_utc())
        .ok_or("no time")?;
    let value = serde_json::json!({ "a": 1 });
    let event = Event::builder()
        .id("1")
        .source("/s")
        .ty("t")
        .subject("x")
        .time(utc)
        .data_content_type("text/plain")
        .data_schema("https://example.com/schema")
        .extension("n", 7)
        .data_json(&value)?
        .build()?;
    assert_eq!((event.id(), event.source(), event.ty()), ("1", "/s", "t"));
    assert_eq!(event.subject(), Some("x"));
    assert!(event.time().is_some_and(|time| time == utc));
    assert_eq!(event.data_content_type(), Some("text/plain"));
    assert_eq!(event.data_schema(), Some("https://example.com/schema"));
    assert!(event.extension("n").is_some());
    assert_eq!(event.extensions().iter().count(), 1);
    assert!(
        event
            .data()
            .is_some_and(|data| data.as_bytes() == br#"{"a":1}"#)
    );

    let text = Event::builder()
        .source("/s")
        .ty("t")
        .data_text("hi")
        .build()?;
    assert!(text.data().is_some_and(|data| data.is_text()));
    let bytes = Event::builder()
        .source("/s")
        .ty("t")
        .data_bytes(vec![0, 1])
        .build()?;
    assert!(bytes.data().is_some_and(|data| data.is_binary()));
    Ok(())
}

fn formats_and_bindings() -> Tried {
    let event = order().to_event()?;
    let events = [event.clone(), event.clone()];
    assert_eq!(Json.decode(Json.encode(&event)?)?, event);
    assert_eq!(Json.decode_batch(Json.encode_batch(&events)?)?, events);
    assert_eq!(Json.content_type(), "application/cloudevents+json");
    assert!(Json.batch_content_type().is_some());

    let message = http::encode_binary(&event)?;
    assert_eq!(http::decode(&message.headers, message.body)?, event);
    let message = http::encode_structured(&event, &Json)?;
    assert_eq!(http::decode(&message.headers, message.body)?, event);
    let message = http::encode_batch(&events, &Json)?;
    assert_eq!(http::decode_batch(&message.headers, message.body)?, events);
    Ok(())
}

async fn dispatching() -> Tried {
    let order = order();
    let event = order.to_event()?;
    eventkit::dispatch(&order)?;
    eventkit::dispatch(&event)?;
    eventkit::dispatch_async(&order).await?;
    assert_eq!(CALLS.swap(0, Ordering::Relaxed), 6);

    BILLING.register("co.outcome.order.placed", |event: &Event| {
        assert_eq!(event.ty(), OrderPlaced::TYPE);
        CALLS.fetch_add(1, Ordering::Relaxed);
    });
    BILLING.register_typed(|order: &OrderPlaced| {
        assert_eq!(order.customer, "c-7");
        CALLS.fetch_add(1, Ordering::Relaxed);
    });
    BILLING.dispatch(&order)?;
    BILLING.dispatch_async(&order).await?;
    assert_eq!(CALLS.swap(0, Ordering::Relaxed), 8);

    let db = Db::default();
    assert!(eventkit::Dispatcher::new(&SHIPPING).build().is_err());
    let app = eventkit::Dispatcher::new(&SHIPPING)
        .state(Arc::clone(&db))
        .build()?;
    assert!(app.dispatch(&order).is_err());
    app.dispatch_async(&order).await?;
    assert_eq!(db.lock().map_err(|_| "poisoned")?.as_slice(), ["o-1"]);

    let app = eventkit::Dispatcher::new(eventkit::default_registry())
        .state(db)
        .build()?;
    app.dispatch(&order)?;
    eventkit::default_registry().check()?;
    send_receipt(&order);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Tried {
    constants_and_conversions()?;
    envelope()?;
    formats_and_bindings()?;
    dispatching().await?;
    services::memory().await?;
    services::webhook()?;
    println!("the contract holds");
    Ok(())
}
