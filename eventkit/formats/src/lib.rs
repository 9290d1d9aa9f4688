#![doc = include_str!("../docs/guide.md")]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(any(feature = "protobuf", feature = "avro", feature = "xml"))]
#[macro_use]
mod limited;

#[cfg(feature = "avro")]
pub mod avro;
#[cfg(feature = "protobuf")]
pub mod protobuf;
#[cfg(any(feature = "avro", feature = "xml"))]
mod sizes;
#[cfg(feature = "xml")]
pub mod xml;

// Compiles the examples of the README together with those of the documentation.
#[cfg(all(doctest, feature = "protobuf", feature = "xml"))]
#[doc = include_str!("../README.md")]
mod readme {}
