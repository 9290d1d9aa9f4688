#![doc = include_str!("../../docs/avro.md")]

mod decode;
mod encode;
mod json;
mod reader;
mod unions;
mod writer;

use eventkit::Limits;

/// The media type of an event.
const CONTENT_TYPE: &str = "application/cloudevents+avro";

/// The Avro event format (Avro Event Format for CloudEvents 1.0). It has no batch format.
///
/// The [module](crate::avro) describes what becomes of attributes and data.
///
/// ```
/// use eventkit::Event;
/// use eventkit::format::Format;
/// use eventkit_formats::avro::Avro;
///
/// let event = Event::builder().id("1").source("/s").ty("t").data_json(&[1, 2])?.build()?;
/// let bytes = Avro.encode(&event)?;
/// assert_eq!(Avro.decode(bytes)?, event);
/// assert_eq!(Avro.batch_content_type(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Avro;

/// The [Avro event format](Avro) with custom [`Limits`]; created by [`Avro::with_limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitedAvro {
    limits: Limits,
}

event_format!(Avro, LimitedAvro, CONTENT_TYPE, None);
