//! The names of headers (section 3.1.3.1).

use http::HeaderName;

pub(super) static SPECVERSION: HeaderName = HeaderName::from_static("ce-specversion");
pub(super) static ID: HeaderName = HeaderName::from_static("ce-id");
pub(super) static SOURCE: HeaderName = HeaderName::from_static("ce-source");
pub(super) static TYPE: HeaderName = HeaderName::from_static("ce-type");
pub(super) static SUBJECT: HeaderName = HeaderName::from_static("ce-subject");
pub(super) static TIME: HeaderName = HeaderName::from_static("ce-time");
pub(super) static DATASCHEMA: HeaderName = HeaderName::from_static("ce-dataschema");

macro_rules! extensions {
    ($($name:literal),*) => {
        /// Returns the name of the header of an extension that the specification documents.
        pub(super) fn known(extension: &str) -> Option<&'static HeaderName> {
            match extension {
                $($name => {
                    static HEADER: HeaderName = HeaderName::from_static(concat!("ce-", $name));
                    Some(&HEADER)
                })*
                _ => None,
            }
        }
    };
}

extensions! {
    "authclaims", "authid", "authtype", "causationid", "correlationid", "dataref", "expirytime",
    "partitionkey", "recordedtime", "sampledrate", "sequence", "sequencetype", "severitynumber",
    "severitytext", "traceparent", "tracestate"
}
