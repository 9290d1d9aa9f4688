//! An event that is created from the arguments.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use eventkit::Event;
use eventkit::event::{MediaType, Timestamp};
use eventkit::transport::with_causes;
use serde_json::value::RawValue;

use crate::failure::Failure;

/// The attributes and the data of an event.
#[derive(Debug, Args)]
#[command(next_help_heading = "Event")]
pub(super) struct EventFlags {
    /// The type; the event is then created from these arguments
    #[arg(long = "type", id = "ty", value_name = "TYPE", requires = "source")]
    ty: Option<String>,
    /// The source, a URI reference
    #[arg(long, value_name = "URI", requires = "ty")]
    source: Option<String>,
    /// The id; a random UUID by default
    #[arg(long, requires = "ty")]
    id: Option<String>,
    /// The subject
    #[arg(long, requires = "ty")]
    subject: Option<String>,
    /// The time; now by default
    #[arg(long, requires = "ty", value_name = "RFC 3339")]
    time: Option<Timestamp>,
    /// The data
    #[arg(long, requires = "ty", conflicts_with = "data_file")]
    data: Option<String>,
    /// The file with the data
    #[arg(long, requires = "ty", value_name = "FILE")]
    data_file: Option<PathBuf>,
    /// The media type of the data; application/json by default
    #[arg(long, requires = "ty", value_name = "MEDIA TYPE")]
    content_type: Option<String>,
    /// The URI of the schema of the data
    #[arg(long, requires = "ty", value_name = "URI")]
    data_schema: Option<String>,
    /// An extension; may be repeated
    #[arg(long = "extension", requires = "ty", value_name = "NAME=VALUE", value_parser = pair)]
    extensions: Vec<(String, String)>,
}

/// Parses `name=value`.
fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl EventFlags {
    /// Creates the event; returns `None` without a type.
    pub(super) fn to_event(&self) -> Result<Option<Event>, Failure> {
        let (Some(ty), Some(source)) = (&self.ty, &self.source) else {
            return Ok(None);
        };
        let mut event = Event::builder().ty(ty).source(source);
        if let Some(id) = &self.id {
            event = event.id(id);
        }
        if let Some(subject) = &self.subject {
            event = event.subject(subject);
        }
        if let Some(time) = self.time {
            event = event.time(time);
        }
        if let Some(uri) = &self.data_schema {
            event = event.data_schema(uri);
        }
        for (name, value) in &self.extensions {
            event = event.extension(name.clone(), value.clone());
        }
        if let Some(data) = self.data()? {
            event = match &self.content_type {
                // A JSON text is the data itself, not a string with it.
                None => event
                    .data_json(&json(&data)?)
                    .map_err(|error| Failure::usage(with_causes(&error)))?,
                Some(media_type) => match String::from_utf8(data) {
                    Ok(text) if is_json(media_type) => event
                        .data_json(&json(text.as_bytes())?)
                        .map_err(|error| Failure::usage(with_causes(&error)))?
                        .data_content_type(media_type),
                    Ok(text) => event.data_text(text).data_content_type(media_type),
                    Err(error) => event
                        .data_bytes(error.into_bytes())
                        .data_content_type(media_type),
                },
            };
        }
        let event = event.build();
        event
            .map(Some)
            .map_err(|error| Failure::usage(with_causes(&error)))
    }

    fn data(&self) -> Result<Option<Vec<u8>>, Failure> {
        match (&self.data, &self.data_file) {
            (Some(text), _) => Ok(Some(text.clone().into_bytes())),
            (None, Some(path)) => {
                let read = fs::read(path);
                read.map(Some)
                    .map_err(|error| Failure::file(path.display(), &error))
            }
            (None, None) => Ok(None),
        }
    }
}

fn is_json(media_type: &str) -> bool {
    // A malformed media type is an error when the event is built.
    MediaType::parse(media_type).is_ok_and(|media_type| media_type.is_json())
}

/// Checks that data is JSON.
fn json(data: &[u8]) -> Result<Box<RawValue>, Failure> {
    serde_json::from_slice(data).map_err(|error| {
        Failure::usage(format!(
            "the data is not JSON: {error}; for other data, set --content-type, such as text/plain"
        ))
    })
}
