//! The names of attributes.

pub(crate) const TYPE: &str = "type";
pub(crate) const SOURCE: &str = "source";
pub(crate) const SUBJECT: &str = "subject";
pub(crate) const DATACONTENTTYPE: &str = "datacontenttype";
pub(crate) const DATASCHEMA: &str = "dataschema";
pub(crate) const ID: &str = "id";
pub(crate) const TIME: &str = "time";
pub(crate) const SPECVERSION: &str = "specversion";
pub(crate) const DATA: &str = "data";

/// The attributes that the core specification defines, and `data`, which is no attribute.
pub(crate) const RESERVED: [&str; 9] = [
    SPECVERSION,
    ID,
    SOURCE,
    TYPE,
    DATACONTENTTYPE,
    DATASCHEMA,
    SUBJECT,
    TIME,
    DATA,
];

/// Returns whether an extension may have the name, as far as its letters go.
pub(crate) fn is_extension_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9'))
}

/// Returns the legal name that is closest to an illegal one, if any is.
pub(crate) fn as_extension_name(name: &str) -> Option<String> {
    let name: String = name.to_ascii_lowercase().replace(['_', '-'], "");
    (is_extension_name(&name) && !RESERVED.contains(&name.as_str())).then_some(name)
}
