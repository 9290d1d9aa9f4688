//! Handlers of the envelope.

use eventkit::{Event, Registry, handles};

use super::{Log, placed};

static ENVELOPE: Registry = Registry::new("envelope");
static LOG: Log = Log::new();

#[handles("co.outcome.order.placed", "co.outcome.order.cancelled", registry = ENVELOPE)]
fn audit(event: &Event) -> Result<(), String> {
    LOG.note(format!("audit {}", event.id()));
    Ok(())
}

#[handles("co.outcome.order.*", registry = ENVELOPE)]
fn keep(event: Event) {
    LOG.note(format!("keep {}", event.ty()));
}

#[handles("*", registry = ENVELOPE)]
async fn all(event: Event) {
    LOG.note(format!("all {}", event.source()));
}

fn event(ty: &str) -> Event {
    Event::builder()
        .id("1")
        .source("/s")
        .ty(ty)
        .build()
        .unwrap()
}

#[tokio::test]
async fn several_types_and_patterns_select_events() -> Result<(), Box<dyn std::error::Error>> {
    ENVELOPE
        .dispatch_async(&event("co.outcome.order.placed"))
        .await?;
    assert_eq!(
        LOG.take(),
        ["audit 1", "keep co.outcome.order.placed", "all /s"]
    );
    ENVELOPE
        .dispatch_async(&event("co.outcome.order.cancelled"))
        .await?;
    assert_eq!(
        LOG.take(),
        ["audit 1", "keep co.outcome.order.cancelled", "all /s"]
    );
    ENVELOPE.dispatch_async(&event("co.outcome.order")).await?;
    assert_eq!(LOG.take(), ["all /s"]);
    Ok(())
}

#[test]
fn a_typed_value_is_encoded_with_id_and_time() -> Result<(), Box<dyn std::error::Error>> {
    static SEEN: Log = Log::new();
    let registry = Registry::new("made");
    registry.register("*", |event: &Event| {
        assert!(event.time().is_some());
        SEEN.note(event.id());
    });
    registry.register("*", |event: &Event| SEEN.note(event.id()));
    registry.dispatch(&placed())?;
    let ids = SEEN.take();
    assert_eq!(ids[0], ids[1], "all handlers should get the same event");
    assert_eq!(ids[0].len(), 36);
    Ok(())
}
