//! Protocol bindings: conversion between events and protocol messages, as pure functions.
//!
//! Every binding has the functions `encode_binary`, `encode_structured`, `decode` and `decode_as`,
//! and also `encode_batch` and `decode_batch` if its protocol supports batches. The bindings of this
//! crate also have `_lenient` functions for programs that pass on events which violate the
//! specification. None of them does I/O.
//!
//! The [HTTP](http) and [Kafka](kafka) bindings are part of this crate. Those of NATS and of RabbitMQ
//! are in the crates with their clients.
//!
//! # Custom bindings
//!
//! A binding can be built from public parts. In binary content mode, [`Event::attributes`] returns
//! the values for the headers, and [`header_value`] encodes them if the protocol requires it.
//! [`body`] returns the body. A [`BinaryReader`] decodes such messages. [`structured_format`] detects
//! structured mode, and [`format::find`], [`format::decode`] and [`format::decode_as`] find the event
//! format by its media type. [`Limits::check_message`] checks the size of a message before it is
//! decoded.
//!
//! [`Event::attributes`]: crate::Event::attributes
//! [`Limits::check_message`]: crate::Limits::check_message
//! [`format::find`]: crate::format::find
//! [`format::decode`]: crate::format::decode
//! [`format::decode_as`]: crate::format::decode_as

mod binary_reader;
mod content_mode;
pub mod header_value;
mod unchecked;

#[cfg(feature = "http")]
pub mod http;
pub mod kafka;

use bytes::Bytes;

pub use binary_reader::BinaryReader;
use content_mode::not_an_event;
pub use content_mode::{attribute_name, is_structured, structured_format};

use crate::error::EncodeError;
use crate::event::{Data, Event};

/// Returns the body of a message in binary content mode: the bytes of the data.
///
/// # Errors
///
/// Returns an error if the data is text and the content type declares a charset other than UTF-8.
/// Decoders of structured messages can create such events; [`EventBuilder::build`] refuses them.
///
/// [`EventBuilder::build`]: crate::EventBuilder::build
pub fn body(event: &Event) -> Result<Bytes, EncodeError> {
    match event.data() {
        Some(data) => body_of(data, event.data_content_type()),
        None => Ok(Bytes::new()),
    }
}

/// Returns the body of a message that may have none, which means no data.
pub(crate) fn body_if_any(event: &Event) -> Result<Option<Bytes>, EncodeError> {
    let data = event.data();
    let body = data.map(|data| body_of(data, event.data_content_type()));
    body.transpose()
}

/// Returns the body for data with a content type.
pub(crate) fn body_of(data: &Data, content_type: Option<&str>) -> Result<Bytes, EncodeError> {
    match content_type {
        Some(content_type) if !data.is_in_charset_of(content_type) => {
            let reason = format!("the text is in UTF-8, but `datacontenttype` is `{content_type}`");
            Err(EncodeError::data(reason))
        }
        _ => Ok(data.bytes().clone()),
    }
}
