//! Checks of messages with reserved event types.

use anyhow::{Context, Result, bail, ensure};
use eventkit::format::{Format, Json};
use eventkit::transport::{Incoming, REPLAY_PREFIX, RawMessage, Subscription};

use super::context::{TestContext, ack, build, ensure_eq, event, in_time, terminate};
use super::outcome::Skip;

/// The name of a header and of an attribute. Services write headers with this name.
const HEADER: &str = "eventkit-subscription";

/// Returns a reserved event type that only this check uses.
fn reserved_type(context: &TestContext<'_>) -> String {
    format!("{REPLAY_PREFIX}{}", context.ty("reserved"))
}

fn subscription(context: &TestContext<'_>) -> Subscription {
    let mut subscription = context.subscription("reserved", &["plain"]);
    subscription.patterns.push(reserved_type(context));
    subscription
}

fn structured(context: &TestContext<'_>, rest: &str) -> Result<RawMessage> {
    let sent = build(context.event(rest, "structured"))?;
    let content_type = ("content-type".to_owned(), Json.content_type().to_owned());
    let header = (HEADER.to_owned(), "shop--receipt".to_owned());
    Ok(RawMessage::new(
        vec![content_type, header],
        Json.encode(&sent)?,
    ))
}

fn ensure_not_reserved(incoming: &Incoming) -> Result<()> {
    let reserved = &incoming.reserved;
    ensure!(reserved.is_none(), "received as reserved: {reserved:?}");
    Ok(())
}

pub(super) async fn delivers_reserved_messages_with_headers(
    context: &TestContext<'_>,
) -> Result<()> {
    if !context.fixture.has_reserved_types() {
        bail!(Skip("the transport has no reserved event types"));
    }
    let mut consumer = context.subscribe(&subscription(context)).await?;
    let ty = reserved_type(context);
    let header = (HEADER.to_owned(), "shop--receipt".to_owned());
    let invalid = RawMessage::new(vec![header], "not an event");
    for message in [structured(context, "event")?, invalid] {
        let publish = context.transport.publish_raw(&ty, &message);
        in_time(context.fixture, "publish a reserved message", publish).await?;
        let incoming = context.next(&mut *consumer).await?;
        let reserved = incoming.reserved.as_ref();
        let reserved = reserved.context("received a reserved message as an ordinary one")?;
        ensure_eq("the reserved event type", &reserved.ty, &ty)?;
        for header in &message.headers {
            let headers = &reserved.headers;
            ensure!(
                headers.contains(header),
                "{header:?} is not among {headers:?}"
            );
        }
        if let Ok(came) = &incoming.event {
            ensure_eq("the event", &came.ty(), &context.ty("event").as_str())?;
        }
        terminate(incoming).await?;
    }
    let sent = build(context.event("event", "of a sender").ty(ty))?;
    let published = context.transport.publish_event(&sent).await;
    ensure!(
        published.is_err(),
        "{sent} was published, although its event type is reserved"
    );
    Ok(())
}

pub(super) async fn delivers_nothing_else_as_reserved(context: &TestContext<'_>) -> Result<()> {
    let mut consumer = context.subscribe(&subscription(context)).await?;
    let mut sent = context.event("plain", "attributes");
    for name in [
        "deadletterhandler",
        "replayfor",
        "eventkithandler",
        "reserved",
    ] {
        sent = sent.extension(name, "shop--receipt");
    }
    let sent = build(sent)?;
    context.publish(&sent).await?;
    let incoming = context.next(&mut *consumer).await?;
    ensure_not_reserved(&incoming)?;
    ensure_eq("the event", event(&incoming)?, &sent)?;
    ack(incoming).await?;

    if context.fixture.has_reserved_types() {
        let message = structured(context, "plain")?;
        context.publish_raw("plain", &message).await?;
    } else {
        // Here, the sender chooses the event type.
        let ty = reserved_type(context);
        let sent = context.event("plain", "of a sender").ty(ty);
        context.publish(&build(sent)?).await?;
    }
    let incoming = context.next(&mut *consumer).await?;
    ensure_not_reserved(&incoming)?;
    event(&incoming)?;
    ack(incoming).await
}
