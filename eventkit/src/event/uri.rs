//! URIs and URI-references.

use std::fmt;
use std::str::FromStr;

use eventkit_cesql::rules;
use iri_string::spec::UriSpec;
use iri_string::validate;

use crate::error::AttributeError;

const ABSOLUTE: &str = "an absolute URI without a fragment (RFC 3986, section 4.3)";
const REFERENCE: &str = "a URI-reference (RFC 3986, section 4.1)";

pub(crate) fn is_absolute_uri(text: &str) -> bool {
    is_unreserved_web_uri(text) || validate::absolute_iri::<UriSpec>(text).is_ok()
}

pub(crate) fn is_uri_reference(text: &str) -> bool {
    is_unreserved_path(text)
        || is_unreserved_web_uri(text)
        || validate::iri_reference::<UriSpec>(text).is_ok()
}

/// Returns whether a text is an absolute path of unreserved characters, like most sources.
///
/// Nearly every URI has one of two simple forms, which are checked without the whole grammar.
fn is_unreserved_path(text: &str) -> bool {
    text.starts_with('/') && are_unreserved_or_slashes(text)
}

/// Returns whether a text is `http://` or `https://` with a host name and a path, all unreserved.
fn is_unreserved_web_uri(text: &str) -> bool {
    let rest = text.strip_prefix("http");
    let rest = rest.map(|rest| rest.strip_prefix('s').unwrap_or(rest));
    let rest = rest.and_then(|rest| rest.strip_prefix("://"));
    rest.is_some_and(are_unreserved_or_slashes)
}

fn are_unreserved_or_slashes(text: &str) -> bool {
    rules::all(text.as_bytes(), |byte| {
        // The range also contains `-`, `.` and `/`.
        let digit = byte.wrapping_sub(b'-') <= b'9' - b'-';
        let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        digit || letter || byte == b'_' || byte == b'~'
    })
}

macro_rules! uri_type {
    ($(#[$doc:meta])* $name:ident, $check:ident, $expected:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Checks the text, and keeps it unchanged.
            ///
            /// # Errors
            ///
            /// Returns an error if the text does not follow the grammar of RFC 3986.
            pub fn new(text: impl Into<String>) -> Result<Self, AttributeError> {
                let text = text.into();
                if $check(&text) {
                    Ok(Self(text))
                } else {
                    Err(AttributeError::new(&text, $expected))
                }
            }

            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = AttributeError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

uri_type! {
    /// An absolute URI, kept as written.
    ///
    /// This is the type `URI` of the core specification's Type System.
    Uri, is_absolute_uri, ABSOLUTE
}

uri_type! {
    /// A URI or a relative reference, kept as written.
    ///
    /// This is the type `URI-reference` of the core specification's Type System.
    UriReference, is_uri_reference, REFERENCE
}
