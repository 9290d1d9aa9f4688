//! The separator between the prefix of a header and the name of its attribute.

const UNDERSCORE: &str = "cloudEvents_";
const COLON: &str = "cloudEvents:";

/// The separator between `cloudEvents` and the name of an attribute in a header (3.1.3.1).
///
/// Messages with either separator are decoded. The specification prefers the underscore, which JMS selectors
/// can name too. The SDKs of Go, and of Java with Proton, only read the colon, which is that of the
/// specification before 1.0.3.
///
/// ```
/// use eventkit::Event;
/// use eventkit_rabbitmq::binding::{self, HeaderValue, Separator};
///
/// let event = Event::builder().id("1").source("/shop").ty("placed").build()?;
/// let message = binding::encode_binary_with(&event, Separator::Colon)?;
/// assert_eq!(message.header("cloudEvents:id"), Some(&HeaderValue::Text("1".to_owned())));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Separator {
    /// `cloudEvents_id`.
    #[default]
    Underscore,
    /// `cloudEvents:id`.
    Colon,
}

/// The names of the headers of the core attributes.
pub(super) struct CoreHeaders {
    pub(super) spec_version: &'static str,
    pub(super) id: &'static str,
    pub(super) source: &'static str,
    pub(super) ty: &'static str,
    pub(super) subject: &'static str,
    pub(super) time: &'static str,
    pub(super) data_content_type: &'static str,
    pub(super) data_schema: &'static str,
}

macro_rules! core_headers {
    ($prefix:literal) => {
        CoreHeaders {
            spec_version: concat!($prefix, "specversion"),
            id: concat!($prefix, "id"),
            source: concat!($prefix, "source"),
            ty: concat!($prefix, "type"),
            subject: concat!($prefix, "subject"),
            time: concat!($prefix, "time"),
            data_content_type: concat!($prefix, "datacontenttype"),
            data_schema: concat!($prefix, "dataschema"),
        }
    };
}

impl Separator {
    /// Returns the prefix of a header.
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::Underscore => UNDERSCORE,
            Self::Colon => COLON,
        }
    }

    pub(super) const fn core_headers(self) -> CoreHeaders {
        match self {
            Self::Underscore => core_headers!("cloudEvents_"),
            Self::Colon => core_headers!("cloudEvents:"),
        }
    }
}

/// Returns the attribute name of a header; header names are case-sensitive.
pub(super) fn attribute(header: &str) -> Option<&str> {
    let attribute = header.strip_prefix(UNDERSCORE);
    attribute.or_else(|| header.strip_prefix(COLON))
}

/// Returns whether a header is an attribute.
pub(crate) fn is_attribute(header: &str) -> bool {
    attribute(header).is_some()
}

#[cfg(test)]
mod tests {
    use eventkit::Event;
    use eventkit::event::Timestamp;

    use super::super::{decode, encode_binary, encode_binary_with};
    use super::*;

    #[test]
    fn all_headers_of_a_message_have_one_separator_and_both_are_decoded() {
        let event = Event::builder()
            .id("1")
            .source("/s")
            .ty("t")
            .subject("x")
            .time("2026-01-31T09:30:00+01:00".parse::<Timestamp>().unwrap())
            .data_schema("https://example.com/schema")
            .extension("n", 7)
            .data_bytes("x")
            .data_content_type(format!("text/plain; note={}", "x".repeat(300)))
            .build()
            .unwrap();
        for (separator, prefix) in [
            (Separator::Underscore, "cloudEvents_"),
            (Separator::Colon, "cloudEvents:"),
        ] {
            let message = encode_binary_with(&event, separator).unwrap();
            assert_eq!(message.headers.len(), 9);
            for (name, _) in &message.headers {
                assert!(name.starts_with(prefix), "{name}");
            }
            let decoded = decode(None, message.headers(), message.body.clone());
            assert_eq!(decoded.unwrap(), event);
        }
        let default = encode_binary_with(&event, Separator::Underscore).unwrap();
        assert_eq!(encode_binary(&event).unwrap(), default);
    }
}
