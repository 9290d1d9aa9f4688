#![doc = include_str!("../../docs/protobuf.md")]

mod decode;
mod encode;
mod fields;
mod proto_data;
mod reader;
mod type_url;
mod writer;

use eventkit::Limits;

pub use self::proto_data::ProtoData;

/// The Protobuf event format, including its batch format (Protobuf Event Format for CloudEvents
/// 1.0).
///
/// The [module](crate::protobuf) describes what becomes of attributes and data.
///
/// ```
/// use eventkit::Event;
/// use eventkit::format::Format;
/// use eventkit_formats::protobuf::Protobuf;
///
/// let event = Event::builder().id("1").source("/s").ty("t").data_json(&[1, 2])?.build()?;
/// let bytes = Protobuf.encode(&event)?;
/// assert_eq!(Protobuf.decode(bytes)?, event);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Protobuf;

/// The [Protobuf event format](Protobuf) with custom [`Limits`]; created by
/// [`Protobuf::with_limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitedProtobuf {
    limits: Limits,
}

event_format!(
    Protobuf,
    LimitedProtobuf,
    "application/cloudevents+protobuf",
    Some("application/cloudevents-batch+protobuf")
);
