#![doc = include_str!("../../docs/xml.md")]

mod attributes;
mod chars;
mod decode;
mod element;
mod encode;
mod malformed;
mod namespaces;
mod tokens;
mod types;

use eventkit::Limits;

/// The XML event format, including its batch format (a working draft of the CloudEvents
/// specification).
///
/// The [module](crate::xml) describes what becomes of attributes and data.
///
/// ```
/// use eventkit::Event;
/// use eventkit::format::Format;
/// use eventkit_formats::xml::Xml;
///
/// let event = Event::builder().id("1").source("/s").ty("t").data_json(&[1, 2])?.build()?;
/// let bytes = Xml.encode(&event)?;
/// assert_eq!(Xml.decode(bytes)?, event);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Xml;

/// The [XML event format](Xml) with custom [`Limits`]; created by [`Xml::with_limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitedXml {
    limits: Limits,
}

event_format!(
    Xml,
    LimitedXml,
    "application/cloudevents+xml",
    Some("application/cloudevents-batch+xml")
);
