//! Checks of message contents.

use anyhow::{Context, Result, anyhow, bail, ensure};
use bytes::Bytes;
use eventkit::event::{Data, DataKind, Event, EventBuilder, Timestamp, Uri, UriReference};
use eventkit::format::{Format, Json};
use eventkit::transport::RawMessage;

use super::context::{TestContext, ack, build, ensure_eq, event, terminate};
use super::outcome::Skip;

/// Publishes an event, and checks that an equal event is received.
async fn round_trip(context: &TestContext<'_>, rest: &str, sent: Event) -> Result<()> {
    let mut consumer = context.consumer(rest).await?;
    context.publish(&sent).await?;
    let incoming = context.next(&mut *consumer).await?;
    let came = event(&incoming)?;
    ensure!(came == &sent, "received {came:?}, sent {sent:?}");
    let [kind, sent_kind] = [came, &sent].map(|event| event.data().map(Data::kind));
    ensure_eq("the kind of the data", &kind, &sent_kind)?;
    ensure_eq("the time", &came.time(), &sent.time())?;
    ack(incoming).await
}

fn parse<T: std::str::FromStr>(text: &str) -> Result<T> {
    text.parse()
        .map_err(|_| anyhow!("failed to parse `{text}`"))
}

pub(super) async fn carries_every_attribute(context: &TestContext<'_>) -> Result<()> {
    let sent = context
        .event("attributes", "Euro € 😀 \"%41\" \\")
        .source("https://example.com/a%20b?c=d")
        .subject(" of % all\u{a0}things, \"quoted\" ")
        .time(parse::<Timestamp>("2026-01-31T09:30:00.123456+01:00")?)
        .data_schema("https://example.com/schema")
        .extension("flag", false)
        .extension("number", i32::MIN)
        .extension("text", "é * > . %2E")
        .extension("binary", vec![0_u8, 128, 255])
        .extension("uri", parse::<Uri>("https://example.com/x")?)
        .extension("reference", parse::<UriReference>("../x#y")?)
        .extension("moment", parse::<Timestamp>("2026-01-31T09:30:00Z")?);
    round_trip(context, "attributes", build(sent)?).await?;

    let minimal = context.event("minimal", "").without_time();
    let minimal = minimal
        .data(Data::text("7"))
        .data_content_type("text/plain");
    round_trip(context, "minimal", build(minimal)?).await
}

pub(super) async fn carries_every_kind_of_data(context: &TestContext<'_>) -> Result<()> {
    let event = |name: &str| {
        Event::builder()
            .source("/conformance")
            .id(name)
            .ty(context.ty(name))
    };
    let json = |text: &'static str| Data::json(text).context("parse JSON");
    let kinds: [(&str, Option<DataKind>, EventBuilder); 7] = [
        ("none", None, event("none")),
        (
            "object",
            Some(DataKind::Json),
            event("object")
                .data(json(r#"{ "a": [1.0, "é\u0000"] }"#)?)
                .data_content_type("application/json"),
        ),
        (
            "null",
            Some(DataKind::Json),
            event("null")
                .data(json("null")?)
                .data_content_type("application/vnd.x+json; charset=utf-8"),
        ),
        (
            "text",
            Some(DataKind::Text),
            event("text").data_text("{\"not\": \r\n json}"),
        ),
        (
            "bytes",
            Some(DataKind::Binary),
            event("bytes")
                .data_bytes((0..=255).collect::<Vec<u8>>())
                .data_content_type("application/octet-stream"),
        ),
        (
            "broken",
            Some(DataKind::Binary),
            event("broken")
                .data_bytes(vec![0xc0, 0xa0, b'\r', b'\n'])
                .data_content_type("text/plain"),
        ),
        (
            "untyped",
            Some(DataKind::Binary),
            event("untyped").data_bytes(vec![1, 2, 3]),
        ),
    ];
    for (rest, expected, builder) in kinds {
        let sent = build(builder)?;
        let kind = sent.data().map(Data::kind);
        ensure_eq(rest, &kind, &expected)?;
        round_trip(context, rest, sent).await?;
    }
    Ok(())
}

pub(super) async fn carries_empty_and_large_messages(context: &TestContext<'_>) -> Result<()> {
    let empty = context.event("empty", "").data(Data::text(""));
    round_trip(
        context,
        "empty",
        build(empty.data_content_type("text/plain"))?,
    )
    .await?;

    let size = context.fixture.large_data_size();
    let bytes: Vec<u8> = (0..size).map(|at| at.to_le_bytes()[0]).collect();
    let large = context.event("large", "").data_bytes(bytes);
    let large = large.data_content_type("application/octet-stream");
    round_trip(context, "large", build(large)?).await
}

pub(super) async fn decodes_events_published_raw(context: &TestContext<'_>) -> Result<()> {
    let mut consumer = context.consumer("raw").await?;
    let structured = build(context.event("raw", "structured"))?;
    let content_type = ("content-type".to_owned(), Json.content_type().to_owned());
    let message = RawMessage::new(vec![content_type], Json.encode(&structured)?);
    context.publish_raw("raw", &message).await?;

    // In the binary content mode of HTTP, like a dead letter.
    let binary = context
        .event("raw", "")
        .without_time()
        .subject("é and \"%\"");
    let binary = binary.data_bytes(vec![0xc0, 0, b'\r', b'\n']);
    let binary = build(binary.data_content_type("image/png; q=\"a b\""))?;
    let headers = [
        ("content-type", "image/png; q=\"a b\""),
        ("ce-specversion", "1.0"),
        ("ce-id", binary.id()),
        ("ce-source", binary.source()),
        ("ce-type", binary.ty()),
        ("ce-subject", "%C3%A9%20and%20%22%25%22"),
        ("x-note", "no attribute"),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let body = Bytes::from_static(&[0xc0, 0, b'\r', b'\n']);
    let message = RawMessage::new(headers.to_vec(), body);
    context.publish_raw("raw", &message).await?;

    for sent in [&structured, &binary] {
        let incoming = context.next(&mut *consumer).await?;
        ensure_eq("the event", event(&incoming)?, sent)?;
        ack(incoming).await?;
    }
    Ok(())
}

pub(super) async fn delivers_invalid_messages_raw(context: &TestContext<'_>) -> Result<()> {
    if !context.fixture.delivers_invalid_messages() {
        bail!(Skip("the transport rejects messages that are not events"));
    }
    let mut consumer = context.consumer("raw").await?;
    let messages = [
        RawMessage::new(
            vec![("x-note".to_owned(), "kept as it is".to_owned())],
            "not an event",
        ),
        RawMessage::new(Vec::new(), Bytes::from_static(&[0, 0xff, b'\n'])),
    ];
    for sent in messages {
        context.publish_raw("raw", &sent).await?;
        // The invalid message must not hold up the valid event behind it.
        let expected = sent.body.len().to_string();
        context.publish_all("raw", [&expected]).await?;

        let incoming = context.next(&mut *consumer).await?;
        let Err(came) = &incoming.event else {
            bail!("received an event, sent {sent:?}");
        };
        ensure_eq("the body", &came.message.body, &sent.body)?;
        for header in &sent.headers {
            ensure!(
                came.message.headers.contains(header),
                "{header:?} is not among {:?}",
                came.message.headers
            );
        }
        terminate(incoming).await?;
        ack(context.expect(&mut *consumer, &expected).await?).await?;
    }
    Ok(())
}

pub(super) async fn detects_duplicates(context: &TestContext<'_>) -> Result<()> {
    if !context.fixture.detects_duplicates() {
        bail!(Skip("the transport does not detect duplicates"));
    }
    let mut consumer = context.consumer("twice").await?;
    let sent = build(context.event("twice", "once"))?;
    let other_source = build(sent.to_builder().source("/conformance/other"))?;
    let other_id = build(sent.to_builder().id(format!("{}-", sent.id())))?;

    let first = context.publish(&sent).await?;
    ensure!(
        !first.duplicate,
        "the first event is reported as a duplicate"
    );
    let second = context.publish(&sent).await?;
    ensure!(
        second.duplicate,
        "the second event is not reported as a duplicate"
    );
    for other in [&other_source, &other_id] {
        let published = context.publish(other).await?;
        ensure!(
            !published.duplicate,
            "{other} is reported as a duplicate of {sent}"
        );
    }
    let another = context.another().await?;
    let again = another.publish_event(&sent).await;
    let again = again.context("publish from another process")?;
    ensure!(
        again.duplicate,
        "a duplicate from another process is not reported"
    );

    let named = RawMessage::new(Vec::new(), "no event").with_id(Some(sent.id().to_owned()));
    for (message, duplicate) in [(&named, false), (&named, true)] {
        let published = context.publish_raw("twice.raw", message).await?;
        let what = "whether a message with an id is a duplicate";
        ensure_eq(what, &published.duplicate, &duplicate)?;
    }

    for expected in [&sent, &other_source, &other_id] {
        let incoming = context.next(&mut *consumer).await?;
        let came = event(&incoming)?;
        if context.fixture.keeps_order() {
            ensure!(came == expected, "received {came}, expected {expected}");
        }
        ack(incoming).await?;
    }
    context.expect_no_redelivery(&mut *consumer).await
}
