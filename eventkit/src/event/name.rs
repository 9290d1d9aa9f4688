//! Attribute names.

use std::borrow::Cow;

use eventkit_cesql::rules;
pub(crate) use eventkit_cesql::rules::{
    CORE, DATA, DATACONTENTTYPE, DATASCHEMA, ID, SOURCE, SPECVERSION, SUBJECT, TIME, TYPE,
};

use super::text;
use crate::error::Violation;

/// A member of the JSON format, never an attribute.
pub(crate) const DATA_BASE64: &str = "data_base64";

// Where [`CORE`] holds them.
pub(crate) const SPECVERSION_AT: usize = 0;
pub(crate) const ID_AT: usize = 1;
pub(crate) const SOURCE_AT: usize = 2;
pub(crate) const TYPE_AT: usize = 3;
pub(crate) const DATACONTENTTYPE_AT: usize = 4;
pub(crate) const DATASCHEMA_AT: usize = 5;
pub(crate) const SUBJECT_AT: usize = 6;
pub(crate) const TIME_AT: usize = 7;

/// Returns where [`CORE`] holds a name; of a constant, the compiler knows it.
#[inline]
pub(crate) fn core_at(name: &str) -> Option<usize> {
    Some(match name {
        SPECVERSION => SPECVERSION_AT,
        ID => ID_AT,
        SOURCE => SOURCE_AT,
        TYPE => TYPE_AT,
        DATACONTENTTYPE => DATACONTENTTYPE_AT,
        DATASCHEMA => DATASCHEMA_AT,
        SUBJECT => SUBJECT_AT,
        TIME => TIME_AT,
        _ => return None,
    })
}

/// Returns the name of an extension that the specification documents, as a literal.
pub(crate) fn documented(extension: &str) -> Option<&'static str> {
    /// Compares with all names at once, as a compiler does it best.
    macro_rules! literal {
        ($($name:literal),*) => {
            match extension {
                $($name => Some($name),)*
                _ => None,
            }
        };
    }
    literal!(
        "authclaims",
        "authid",
        "authtype",
        "causationid",
        "correlationid",
        "dataref",
        "expirytime",
        "partitionkey",
        "recordedtime",
        "sampledrate",
        "sequence",
        "sequencetype",
        "severitynumber",
        "severitytext",
        "traceparent",
        "tracestate"
    )
}

/// Checks the name of an extension attribute (core specification, Naming Conventions); the error
/// shows its value.
///
/// Names over 20 characters are only discouraged there, so they pass.
pub(crate) fn check_extension_name<'v>(
    name: &str,
    value: impl FnOnce() -> Cow<'v, str>,
) -> Result<(), Violation> {
    let expected = if name.is_empty() || !text::all(name.as_bytes(), rules::is_name_byte) {
        "an extension name of lower-case letters a-z and digits 0-9"
    } else if name == DATA {
        "another name: `data` is reserved"
    } else if core_at(name).is_some() {
        "an extension name that is not a core attribute"
    } else {
        return Ok(());
    };
    let section = "core, Naming Conventions";
    Err(Violation::new(name.to_owned(), &value(), expected, section))
}
