//! The keys of `#[cloudevent(..)]`, spelled as the specification spells attributes.

pub(super) use crate::name::{
    DATA, DATACONTENTTYPE, DATASCHEMA, ID, RESERVED, SOURCE, SPECVERSION, SUBJECT, TIME, TYPE,
    as_extension_name, is_extension_name,
};

pub(super) const CLOUDEVENT: &str = "cloudevent";

pub(super) const EXTENSION: &str = "extension";
pub(super) const CRATE: &str = "crate";
pub(super) const KEEP: &str = "keep";

/// The keys on a type, and spellings that are taken for a slip of one: written, meant.
pub(super) const ON_TYPE: [&str; 7] = [
    TYPE,
    SOURCE,
    SUBJECT,
    DATACONTENTTYPE,
    DATASCHEMA,
    EXTENSION,
    CRATE,
];

/// Names that other libraries use for the same thing.
pub(super) const ALIASES: [(&str, &str); 6] = [
    ("ty", TYPE),
    ("eventtype", TYPE),
    ("contenttype", DATACONTENTTYPE),
    ("mediatype", DATACONTENTTYPE),
    ("schema", DATASCHEMA),
    ("schemaurl", DATASCHEMA),
];

/// The keys on a field.
pub(super) const ON_FIELD: [&str; 6] = [ID, SOURCE, SUBJECT, TIME, EXTENSION, KEEP];
