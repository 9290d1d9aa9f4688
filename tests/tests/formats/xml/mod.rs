//! The XML event format.

mod attributes;
mod batch;
mod bindings;
mod data;
mod documents;
mod elements;
mod hostile;
mod others;

use eventkit::format::Format;
use eventkit::{DecodeError, Event};
use eventkit_formats::xml::Xml;

/// The namespaces of the specification, as declarations.
const NAMESPACES: &str = "xmlns=\"http://cloudevents.io/xmlformat/V1\" \
    xmlns:ce=\"http://cloudevents.io/xmlformat/V1\" \
    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
    xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"";

/// Returns an event with the required attributes, followed by these elements.
fn event(elements: &str) -> String {
    format!(
        "<event {NAMESPACES} specversion=\"1.0\"><id>1</id><source>/s</source>\
         <type>t</type>{elements}</event>"
    )
}

fn decode(document: &str) -> Result<Event, DecodeError> {
    Xml.decode(document.to_owned().into())
}

/// Returns the document of an event as text.
fn encoded(event: &Event) -> String {
    String::from_utf8(Xml.encode(event).unwrap().into()).unwrap()
}
