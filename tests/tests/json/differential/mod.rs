//! The decoder of JSON events is compared with a simple reference on top of `serde_json`. Both must
//! refuse the same texts, and decode the others to the same event.

mod arbitrary;
mod compare;
mod reference;
mod timestamps;
mod written;
