//! The encodings of events.

use std::io::BufRead;

use clap::ValueEnum;
use eventkit::binding::http;
use eventkit::format::{Format, Json};
use eventkit::transport::with_causes;
use eventkit::{DecodeError, EncodeError, Event, Limits};
use eventkit_formats::avro::Avro;
use eventkit_formats::protobuf::Protobuf;
use eventkit_formats::xml::Xml;

use super::{MAX_EVENTS, http_text};
use crate::commands::filter;
use crate::failure::Failure;
use crate::input::{self, Found};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Encoding {
    /// One event, a batch, or JSON Lines; written as JSON Lines
    Json,
    /// A JSON array of events
    JsonBatch,
    /// An HTTP message in binary mode
    Http,
    /// An HTTP message in structured mode, with JSON
    HttpStructured,
    /// An HTTP message with a batch, as JSON
    HttpBatch,
    /// One event in the Protobuf format
    Protobuf,
    /// A batch in the Protobuf format
    ProtobufBatch,
    /// One event in the Avro format
    Avro,
    /// One event in the XML format
    Xml,
    /// A batch in the XML format
    XmlBatch,
}

impl Encoding {
    /// Whether the output may not be text.
    pub(super) fn is_binary(self) -> bool {
        matches!(self, Self::Protobuf | Self::ProtobufBatch | Self::Avro)
    }

    /// Decodes all events of the input.
    pub(super) fn decode(self, reader: impl BufRead) -> Result<Vec<Event>, Failure> {
        if matches!(self, Self::Json | Self::JsonBatch) {
            return read_json(reader);
        }
        let bytes = input::read_whole(reader)?;
        if bytes.is_empty() {
            return Ok(Vec::new());
        }
        let single = |format: &dyn Format| format.decode(bytes.clone()).map(|event| vec![event]);
        let decoded = match self {
            Self::Json | Self::JsonBatch => unreachable!("decoded above"),
            Self::Http | Self::HttpStructured | Self::HttpBatch => {
                http_text::decode(&bytes).map_err(Failure::data)?
            }
            Self::Protobuf => single(&Protobuf),
            Self::ProtobufBatch => Protobuf.decode_batch(bytes),
            Self::Avro => single(&Avro),
            Self::Xml => single(&Xml),
            Self::XmlBatch => Xml.decode_batch(bytes),
        };
        decoded.map_err(|error: DecodeError| Failure::data(with_causes(&error)))
    }

    /// Encodes events, all or none.
    pub(super) fn encode(self, events: &[Event]) -> Result<Vec<u8>, Failure> {
        let encoded = match self {
            Self::Json => return lines(events),
            Self::JsonBatch => with_line_end(Json.encode_batch(events)),
            Self::Http => http::encode_binary(self.one(events)?).map(|own| http_text::encode(&own)),
            Self::HttpStructured => {
                let message = http::encode_structured(self.one(events)?, &Json);
                message.map(|own| http_text::encode(&own))
            }
            Self::HttpBatch => http::encode_batch(events, &Json).map(|own| http_text::encode(&own)),
            Self::Protobuf => Protobuf.encode(self.one(events)?).map(Vec::from),
            Self::ProtobufBatch => Protobuf.encode_batch(events).map(Vec::from),
            Self::Avro => Avro.encode(self.one(events)?).map(Vec::from),
            Self::Xml => with_line_end(Xml.encode(self.one(events)?)),
            Self::XmlBatch => with_line_end(Xml.encode_batch(events)),
        };
        encoded.map_err(|error| Failure::negative(with_causes(&error)))
    }

    fn one(self, events: &[Event]) -> Result<&Event, Failure> {
        if let [event] = events {
            return Ok(event);
        }
        let hint = match self {
            Self::Http | Self::HttpStructured => "; use --to http-batch",
            Self::Protobuf => "; use --to protobuf-batch",
            Self::Xml => "; use --to xml-batch",
            _ => "",
        };
        Err(Failure::usage(format!(
            "the input contains {} events, and the encoding one{hint}",
            events.len()
        )))
    }
}

fn lines(events: &[Event]) -> Result<Vec<u8>, Failure> {
    let mut lines = Vec::new();
    for event in events {
        lines.extend(filter::encode(event)?);
        lines.push(b'\n');
    }
    Ok(lines)
}

fn with_line_end(encoded: Result<bytes::Bytes, EncodeError>) -> Result<Vec<u8>, EncodeError> {
    let mut text = Vec::from(encoded?);
    text.push(b'\n');
    Ok(text)
}

fn read_json(reader: impl BufRead) -> Result<Vec<Event>, Failure> {
    let mut events = Vec::new();
    let mut size = 0;
    input::read(reader, &mut |Found { place, json }| {
        let json = json.map_err(|reason| Failure::data(format!("{place}: {reason}")))?;
        size += json.len();
        if events.len() == MAX_EVENTS || size > Limits::DEFAULT.body_bytes {
            return Err(Failure::data(format!(
                "{place}: the input exceeds {MAX_EVENTS} events or {} bytes; split it, for instance with `split -l`",
                Limits::DEFAULT.body_bytes
            )));
        }
        let event = Json
            .decode(json)
            .map_err(|error| Failure::data(format!("{place}: {}", with_causes(&error))))?;
        events.push(event);
        Ok(())
    })?;
    Ok(events)
}
