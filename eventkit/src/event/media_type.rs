//! Media types: `datacontenttype`, `Content-Type`, and the key of codecs and formats.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use eventkit_cesql::rules;
pub(crate) use eventkit_cesql::rules::{JSON, declares_events, declares_json};

use crate::error::AttributeError;

/// Returns whether an essence in lower case denotes a batch (HTTP binding, 3).
pub(crate) fn declares_batch(essence: &str) -> bool {
    essence.starts_with("application/cloudevents-batch")
}

/// The media type of text data that has no content type.
pub(crate) const PLAIN_TEXT: &str = "text/plain; charset=utf-8";

const EXPECTED: &str = "a media type such as application/json (RFC 2046, RFC 6838)";

/// Returns the text of a media type with the tabs between its parts replaced by spaces.
///
/// A tab in a quoted value is part of the value, and is kept.
pub(crate) fn without_tabs(text: &str) -> String {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let replace = |c| {
        if !is_escaped && c == '"' {
            is_quoted = !is_quoted;
        }
        is_escaped = is_quoted && !is_escaped && c == '\\';
        if c == '\t' && !is_quoted { ' ' } else { c }
    };
    text.chars().map(replace).collect()
}

/// A media type: type, subtype, suffix and parameters.
///
/// The grammar follows `Content-Type` (RFC 9110, section 8.3.1), restricted to ASCII. Type, subtype, suffix
/// and parameter names are compared without regard to case. Parameter values are compared exactly,
/// except that of `charset`. [`Display`](fmt::Display) writes the original text.
///
/// ```
/// use eventkit::event::MediaType;
///
/// let media_type: MediaType = "Application/Vnd.Order+JSON; charset=utf-8".parse()?;
/// assert_eq!(media_type.essence(), "application/vnd.order+json");
/// assert_eq!(media_type.suffix(), Some("json"));
/// assert_eq!(media_type.parameter("CHARSET").as_deref(), Some("utf-8"));
/// assert!(media_type.is_json());
/// # Ok::<(), eventkit::event::AttributeError>(())
/// ```
#[derive(Clone)]
pub struct MediaType {
    text: Box<str>,
    essence: String,
    /// Parameter names in lower case, and values without quotes.
    parameters: Vec<(String, String)>,
}

impl MediaType {
    /// Parses a media type with or without parameters.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not `type/subtype` with well-formed parameters, or if it is
    /// a range such as `text/*`.
    pub fn parse(text: &str) -> Result<Self, AttributeError> {
        let parts = rules::parse_media_type(text);
        let parts = parts.map_err(|_| AttributeError::new(text, EXPECTED))?;
        let parameters = parts.parameters.into_iter();
        let parameters =
            parameters.map(|(name, value)| (name.to_ascii_lowercase(), value.into_owned()));
        Ok(Self {
            text: text.into(),
            essence: parts.essence.to_ascii_lowercase(),
            parameters: parameters.collect(),
        })
    }

    /// Returns type, subtype and suffix in lower case, without parameters.
    #[must_use]
    pub fn essence(&self) -> &str {
        &self.essence
    }

    pub(crate) fn into_essence(self) -> String {
        self.essence
    }

    /// Returns the type in lower case, such as `text`.
    #[must_use]
    pub fn ty(&self) -> &str {
        self.essence.split_once('/').map_or("", |(ty, _)| ty)
    }

    /// Returns the subtype in lower case with its suffix, such as `svg+xml`.
    #[must_use]
    pub fn subtype(&self) -> &str {
        self.essence
            .split_once('/')
            .map_or("", |(_, subtype)| subtype)
    }

    /// Returns the suffix of the subtype in lower case: the text after its last `+`, such as
    /// `json`.
    #[must_use]
    pub fn suffix(&self) -> Option<&str> {
        self.subtype().rsplit_once('+').map(|(_, suffix)| suffix)
    }

    /// Returns the value of a parameter without its quotes. The name is case-insensitive.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        let mut parameters = self.parameters.iter();
        let found = parameters.find(|(own, _)| own.eq_ignore_ascii_case(name))?;
        Some(found.1.clone())
    }

    /// Returns the parameters in the form in which they are compared.
    fn comparable_parameters(&self) -> BTreeMap<&str, Cow<'_, str>> {
        let parameters = self.parameters.iter().map(|(name, value)| {
            let value = match &**name {
                "charset" => Cow::Owned(value.to_ascii_lowercase()),
                _ => Cow::Borrowed(&**value),
            };
            (&**name, value)
        });
        parameters.collect()
    }

    /// Returns whether the media type declares JSON: its subtype is `json` or its suffix `+json`,
    /// in any case.
    ///
    /// This is section 3.1.1 of the JSON format.
    #[must_use]
    pub fn is_json(&self) -> bool {
        declares_json(&self.essence)
    }

    /// Returns whether the content is text in UTF-8: `text/*` or XML without another `charset`.
    #[must_use]
    pub fn is_text(&self) -> bool {
        let textual =
            self.ty() == "text" || self.subtype() == "xml" || self.suffix() == Some("xml");
        let utf8 = |charset: String| is_utf8(&charset) || charset.eq_ignore_ascii_case("us-ascii");
        textual && self.parameter("charset").is_none_or(utf8)
    }
}

/// Returns whether a charset name is one of UTF-8.
pub(crate) fn is_utf8(charset: &str) -> bool {
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

impl PartialEq for MediaType {
    fn eq(&self, other: &Self) -> bool {
        self.essence == other.essence
            && self.comparable_parameters() == other.comparable_parameters()
    }
}

impl Eq for MediaType {}

impl FromStr for MediaType {
    type Err = AttributeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MediaType({self})")
    }
}
