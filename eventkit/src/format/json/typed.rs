//! Writes a typed value as a JSON event, with nothing in between.

use bytes::Bytes;
use serde::Serialize;

use super::encode;
use crate::codec;
use crate::error::EncodeError;
use crate::event::{Event, EventBuilder, Fresh, declares_json, scratch};
use crate::typed::{EventSink, Metadata};

/// Is a JSON event that is to be made of a typed value.
pub(super) struct Typed;

impl EventSink for Typed {
    type Output = Bytes;

    fn event(self, event: &Event) -> Result<Bytes, EncodeError> {
        encode::bytes(event)
    }

    fn json<D: Serialize + ?Sized>(
        self,
        _metadata: &Metadata,
        head: &'static str,
        data: &D,
    ) -> Result<Bytes, EncodeError> {
        let mut start = |out: &mut Vec<u8>| {
            start(head, out);
            Ok(())
        };
        whole(&mut start, &|out| serde_json::to_writer(out, data))
    }

    fn built<D: Serialize + ?Sized>(
        self,
        attributes: EventBuilder,
        data: &D,
    ) -> Result<Bytes, EncodeError> {
        let event = attributes.build()?;
        match event.data_content_type() {
            Some(content_type) if !declares_json(content_type) => {
                let data = codec::encode(data, content_type)?;
                self.event(&event.to_builder().data(data).build()?)
            }
            _ => whole(
                &mut |out| {
                    encode::attributes(&event, out)?;
                    out.extend_from_slice(b",\"data\":");
                    Ok(())
                },
                &|out| serde_json::to_writer(out, data),
            ),
        }
    }
}

/// Writes an event: what stands before its data, and that. It is compiled once, and not for each type.
fn whole(
    head: &mut dyn FnMut(&mut Vec<u8>) -> Result<(), EncodeError>,
    data: &dyn Fn(&mut Vec<u8>) -> serde_json::Result<()>,
) -> Result<Bytes, EncodeError> {
    scratch::exact(&mut |out| {
        head(out)?;
        data(out).map_err(EncodeError::data)?;
        out.push(b'}');
        Ok(())
    })
}

/// Writes the event up to its data. It is compiled once, and not for each type.
fn start(head: &str, out: &mut Vec<u8>) {
    let fresh = Fresh::new();
    let parts = [
        head,
        fresh.id(),
        "\",\"time\":\"",
        fresh.time(),
        "\",\"data\":",
    ];
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}
