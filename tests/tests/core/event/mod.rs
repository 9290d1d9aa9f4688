//! The envelope: attributes, extensions and data.

mod as_text;
mod builder;
mod data;
mod equality;
mod media_types;
mod printing;
mod setters;
mod sharing;
mod timestamps;
mod typed_access;
mod uris;
mod values;
