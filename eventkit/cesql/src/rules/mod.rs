//! Rules of the core specification that eventkit and its macros share. Not part of the public
//! interface.
//!
//! What a macro accepts at compile time, the library has to accept at run time, so each rule exists
//! once. A proc-macro crate cannot export functions and cannot depend on the library that re-exports
//! it. This is the only crate on which both depend, and the parser needs attribute names itself.

mod attribute;
mod event_type;
mod media_type;

pub use attribute::{
    CORE, DATA, DATACONTENTTYPE, DATASCHEMA, ID, SOURCE, SPECVERSION, SUBJECT, TIME, TYPE,
    is_attribute_char, is_name_byte,
};
pub use event_type::{EventTypeError, check_pattern};
pub use media_type::{JSON, MediaTypeError, declares_json, parse_media_type};
