//! What goes in comes out.

use bytes::Bytes;

use super::Failure;
use super::trial::{Trial, ack, broken, build, ensure, event};
use eventkit::event::{Data, DataKind, Event, EventBuilder, Timestamp, Uri, UriReference};
use eventkit::transport::RawMessage;

/// Publishes an event, and checks that it comes back equal.
async fn there_and_back(trial: &Trial<'_>, rest: &str, sent: Event) -> Result<(), Failure> {
    let mut consumer = trial.consumer(rest).await?;
    trial.publish(&sent).await?;
    let incoming = trial.next(&mut *consumer).await?;
    let came = event(&incoming)?;
    ensure(came == &sent, || format!("{came:?} came of {sent:?}"))?;
    let kinds = [came, &sent].map(|event| event.data().map(Data::kind));
    ensure(kinds[0] == kinds[1], || format!("the data is {kinds:?}"))?;
    ensure(came.time() == sent.time(), || {
        format!("the time is {:?}, was {:?}", came.time(), sent.time())
    })?;
    ack(incoming).await
}

fn parse<T: std::str::FromStr>(text: &str) -> Result<T, Failure> {
    text.parse()
        .map_err(|_| broken(format!("`{text}` is wrong")))
}

pub(super) async fn carries_every_attribute(trial: &Trial<'_>) -> Result<(), Failure> {
    let sent = trial
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
    there_and_back(trial, "attributes", build(sent)?).await?;

    let least = trial.event("least", "").without_time();
    let least = least.data(Data::text("7")).data_content_type("text/plain");
    there_and_back(trial, "least", build(least)?).await
}

pub(super) async fn carries_every_kind_of_data(trial: &Trial<'_>) -> Result<(), Failure> {
    let event = |name: &str| {
        Event::builder()
            .source("/conformance")
            .id(name)
            .ty(trial.ty(name))
    };
    let json = |text: &'static str| {
        let data = Data::json(text).map_err(|error| broken(error.to_string()))?;
        Ok::<_, Failure>(data)
    };
    let kinds: [(&str, EventBuilder); 7] = [
        ("none", event("none")),
        (
            "object",
            event("object")
                .data(json(r#"{ "a": [1.0, "é\u0000"] }"#)?)
                .data_content_type("application/json"),
        ),
        (
            "null",
            event("null")
                .data(json("null")?)
                .data_content_type("application/vnd.x+json; charset=utf-8"),
        ),
        ("text", event("text").data_text("{\"not\": \r\n json}")),
        (
            "bytes",
            event("bytes")
                .data_bytes((0..=255).collect::<Vec<u8>>())
                .data_content_type("application/octet-stream"),
        ),
        (
            "broken",
            event("broken")
                .data_bytes(vec![0xc0, 0xa0, b'\r', b'\n'])
                .data_content_type("text/plain"),
        ),
        ("untyped", event("untyped").data_bytes(vec![1, 2, 3])),
    ];
    for (rest, builder) in kinds {
        let sent = build(builder)?;
        let kind = sent.data().map(Data::kind);
        let expected = match rest {
            "none" => None,
            "object" | "null" => Some(DataKind::Json),
            "text" => Some(DataKind::Text),
            _ => Some(DataKind::Binary),
        };
        ensure(kind == expected, || format!("`{rest}` is {kind:?} here"))?;
        there_and_back(trial, rest, sent).await?;
    }
    Ok(())
}

pub(super) async fn carries_empty_and_large_messages(trial: &Trial<'_>) -> Result<(), Failure> {
    let empty = trial.event("empty", "").data(Data::text(""));
    there_and_back(
        trial,
        "empty",
        build(empty.data_content_type("text/plain"))?,
    )
    .await?;

    let most = trial.setup.large();
    let bytes: Vec<u8> = (0..most).map(|at| at.to_le_bytes()[0]).collect();
    let large = trial.event("large", "").data_bytes(bytes);
    let large = large.data_content_type("application/octet-stream");
    there_and_back(trial, "large", build(large)?).await
}

pub(super) async fn gives_messages_that_are_no_events_raw(
    trial: &Trial<'_>,
) -> Result<(), Failure> {
    if !trial.setup.gives_what_is_no_event() {
        return Err(Failure::NotMade("what is no event is not promised to come"));
    }
    let mut consumer = trial.consumer("raw").await?;
    let messages = [
        RawMessage::new(
            vec![("x-note".to_owned(), "kept as it is".to_owned())],
            "not an event",
        ),
        RawMessage::new(Vec::new(), Bytes::from_static(&[0, 0xff, b'\n'])),
    ];
    for sent in messages {
        trial.publish_raw("raw", &sent).await?;
        // A sound event behind it is not held up.
        trial
            .publish_all("raw", [sent.body.len().to_string()])
            .await?;

        let incoming = trial.next(&mut *consumer).await?;
        let Err(came) = &incoming.event else {
            return Err(broken(format!("an event came of {sent:?}")));
        };
        ensure(came.message.body == sent.body, || {
            format!("the body is {:?}, was {:?}", came.message.body, sent.body)
        })?;
        for header in &sent.headers {
            ensure(came.message.headers.contains(header), || {
                format!("{header:?} is not among {:?}", came.message.headers)
            })?;
        }
        incoming
            .handle
            .terminate()
            .await
            .map_err(|error| broken(error.to_string()))?;
        let expected = sent.body.len().to_string();
        ack(trial.expect(&mut *consumer, &expected).await?).await?;
    }
    Ok(())
}

pub(super) async fn finds_duplicates(trial: &Trial<'_>) -> Result<(), Failure> {
    if !trial.setup.finds_duplicates() {
        return Err(Failure::NotMade("duplicates are not promised to be found"));
    }
    let mut consumer = trial.consumer("twice").await?;
    let sent = build(trial.event("twice", "once"))?;
    let other_source = build(sent.to_builder().source("/conformance/other"))?;
    let other_id = build(sent.to_builder().id(format!("{}-", sent.id())))?;

    let first = trial.publish(&sent).await?;
    ensure(!first.duplicate, || {
        "the first one is a duplicate".to_owned()
    })?;
    let second = trial.publish(&sent).await?;
    ensure(second.duplicate, || "the second one is none".to_owned())?;
    for other in [&other_source, &other_id] {
        let published = trial.publish(other).await?;
        ensure(!published.duplicate, || {
            format!("{other} is taken for a duplicate of {sent}")
        })?;
    }
    let another = trial.another().await?;
    let again = another.publish_event(&sent).await;
    let again = again.map_err(|error| broken(error.to_string()))?;
    ensure(again.duplicate, || {
        "from another process it is no duplicate".to_owned()
    })?;

    let named = RawMessage::new(Vec::new(), "no event").with_id(Some(sent.id().to_owned()));
    for (message, duplicate) in [(&named, false), (&named, true)] {
        let published = trial.publish_raw("twice.raw", message).await?;
        ensure(published.duplicate == duplicate, || {
            format!(
                "a message with an id is told to be a duplicate: {}",
                !duplicate
            )
        })?;
    }

    for expected in [&sent, &other_source, &other_id] {
        let incoming = trial.next(&mut *consumer).await?;
        let came = event(&incoming)?;
        if trial.setup.keeps_order() {
            ensure(came == expected, || {
                format!("{came} came, and not {expected}")
            })?;
        }
        ack(incoming).await?;
    }
    trial.expect_nothing(&mut *consumer, trial.long()).await
}
