//! Messages of other SDKs.

use super::{HeaderRef, Separator, decode};

type Header = (&'static str, HeaderRef<'static>);

/// A message of another SDK: its content type, its headers, and whether an extension is one of them.
type Foreign = (&'static str, &'static str, Vec<Header>, bool);

/// Returns the headers of an event with a separator, in text.
fn texts(separator: Separator) -> Vec<Header> {
    let names = match separator {
        Separator::Underscore => [
            "cloudEvents_specversion",
            "cloudEvents_id",
            "cloudEvents_source",
            "cloudEvents_type",
        ],
        Separator::Colon => [
            "cloudEvents:specversion",
            "cloudEvents:id",
            "cloudEvents:source",
            "cloudEvents:type",
        ],
    };
    let values = ["1.0", "A-1", "/shop", "placed"].map(HeaderRef::Text);
    names.into_iter().zip(values).collect()
}

/// Returns messages of other SDKs, as their sources write them.
///
/// - Go (`protocol/amqp/v2/write_message.go` and `types.go`): a colon, an Integer as a long, a time as a
///   timestamp.
/// - .NET (`AmqpExtensions.cs`): `ToAmqpMessage` writes a colon, `ToAmqpMessageWithUnderscorePrefix` the
///   other prefix; an Integer as an int, a time as a timestamp.
/// - Java with Spring AMQP (`MessageBuilderMessageWriter.java`): an underscore, text alone, and the content
///   type of data in a header. The property is what Spring sets by default.
/// - Java with Proton, as in Vert.x (`ProtonAmqpMessageWriter.java`): a colon, text alone, and extensions
///   without a prefix.
///
/// RabbitMQ has converted timestamps of AMQP 1.0 to seconds since version 3.13.
fn messages_of_others() -> Vec<Foreign> {
    let text = HeaderRef::Text;
    let json = "application/json";
    let message = |separator, more: &[Header]| [texts(separator), more.to_vec()].concat();
    let go = message(
        Separator::Colon,
        &[
            ("cloudEvents:time", HeaderRef::Timestamp(1_769_850_000_000)),
            ("cloudEvents:attempt", HeaderRef::Integer(2)),
        ],
    );
    let dotnet = message(
        Separator::Colon,
        &[
            ("cloudEvents:time", HeaderRef::Timestamp(1_769_850_000)),
            ("cloudEvents:attempt", HeaderRef::Integer(2)),
            ("x-death", HeaderRef::Other),
        ],
    );
    let dotnet_with_underscore = message(
        Separator::Underscore,
        &[
            ("cloudEvents_time", HeaderRef::Timestamp(1_769_850_000)),
            ("cloudEvents_attempt", HeaderRef::Integer(2)),
        ],
    );
    let spring = message(
        Separator::Underscore,
        &[
            ("cloudEvents_datacontenttype", text(json)),
            ("cloudEvents_time", text("2026-01-31T09:00:00Z")),
            ("cloudEvents_attempt", text("2")),
            ("spring_listener_return_correlation", text("6a2f")),
        ],
    );
    let proton = message(
        Separator::Colon,
        &[
            ("cloudEvents:time", text("2026-01-31T09:00:00Z")),
            ("attempt", text("2")),
        ],
    );
    vec![
        ("Go", json, go, true),
        (".NET", json, dotnet, true),
        (
            ".NET with an underscore",
            json,
            dotnet_with_underscore,
            true,
        ),
        ("Java with Spring", "application/octet-stream", spring, true),
        ("Java with Proton", json, proton, false),
    ]
}

#[test]
fn messages_of_other_sdks_are_decoded() {
    for (sdk, content_type, headers, has_extension) in messages_of_others() {
        let event = decode(Some(content_type), headers, r#"{"n": 7}"#.into());
        let event = event.unwrap_or_else(|error| panic!("{sdk}: {error}"));
        let attributes = (event.id(), event.source(), event.ty());
        assert_eq!(attributes, ("A-1", "/shop", "placed"), "{sdk}");
        let time = event.time().unwrap().to_utc().timestamp();
        assert_eq!(time, 1_769_850_000, "{sdk}");
        let attempt = event.extension("attempt").map(|own| own.to_text());
        assert_eq!(attempt.as_deref(), has_extension.then_some("2"), "{sdk}");
        assert_eq!(event.data_content_type(), Some("application/json"), "{sdk}");
    }
}
