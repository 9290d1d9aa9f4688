//! The types of attributes, by their names in XML.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use eventkit::event::{AttributeValue, Timestamp, Uri, UriReference};

use super::chars;

/// One of the seven types of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Boolean,
    Integer,
    String,
    Binary,
    Uri,
    UriReference,
    Timestamp,
}

impl Type {
    /// Returns the local part of the name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::String => "string",
            Self::Binary => "binary",
            Self::Uri => "uri",
            Self::UriReference => "uriRef",
            Self::Timestamp => "timestamp",
        }
    }

    pub(super) fn find(name: &str) -> Option<Self> {
        let all = [
            Self::Boolean,
            Self::Integer,
            Self::String,
            Self::Binary,
            Self::Uri,
            Self::UriReference,
            Self::Timestamp,
        ];
        all.into_iter().find(|ty| ty.name() == name)
    }

    /// Returns the type of a core attribute other than `specversion`, or `None` for an extension.
    pub(super) fn of_core_attribute(name: &str) -> Option<Self> {
        match name {
            "id" | "type" | "subject" | "datacontenttype" => Some(Self::String),
            "source" => Some(Self::UriReference),
            "dataschema" => Some(Self::Uri),
            "time" => Some(Self::Timestamp),
            _ => None,
        }
    }

    /// Returns the type of a value.
    pub(super) fn of(value: &AttributeValue) -> Self {
        match value {
            AttributeValue::Boolean(_) => Self::Boolean,
            AttributeValue::Integer(_) => Self::Integer,
            AttributeValue::String(_) => Self::String,
            AttributeValue::Binary(_) => Self::Binary,
            AttributeValue::Uri(_) => Self::Uri,
            AttributeValue::UriReference(_) => Self::UriReference,
            AttributeValue::Timestamp(_) => Self::Timestamp,
        }
    }

    /// Returns the text of an element without the white space that the type ignores.
    pub(super) fn trim(self, text: &str) -> &str {
        match self {
            Self::String => text,
            _ => text.trim_matches(chars::is_space),
        }
    }

    /// Parses the text of an element. The error is what was expected instead.
    pub(super) fn parse(self, text: &str) -> Result<AttributeValue, &'static str> {
        let text = self.trim(text);
        Ok(match self {
            Self::Boolean => match text {
                "true" => AttributeValue::Boolean(true),
                "false" => AttributeValue::Boolean(false),
                _ => return Err("`true` or `false`"),
            },
            Self::Integer => {
                let number = text.parse().map_err(|_| "an Integer of 32 bits")?;
                AttributeValue::Integer(number)
            }
            Self::String => AttributeValue::String(text.to_owned()),
            Self::Binary => {
                let bytes = base64(text).map_err(|_| "Base64")?;
                AttributeValue::Binary(bytes)
            }
            Self::Uri => AttributeValue::Uri(Uri::new(text).map_err(|_| "an absolute URI")?),
            Self::UriReference => {
                let uri = UriReference::new(text).map_err(|_| "a URI-reference")?;
                AttributeValue::UriReference(uri)
            }
            Self::Timestamp => {
                let time: Timestamp = text.parse().map_err(|_| "a Timestamp (RFC 3339)")?;
                AttributeValue::Timestamp(time)
            }
        })
    }
}

/// Decodes Base64, which may have white space in it.
pub(super) fn base64(text: &str) -> Result<Bytes, base64::DecodeError> {
    let decoded = if text.contains(chars::is_space) {
        let text: String = text.chars().filter(|c| !chars::is_space(*c)).collect();
        BASE64_STANDARD.decode(text)
    } else {
        BASE64_STANDARD.decode(text)
    };
    decoded.map(Bytes::from)
}
