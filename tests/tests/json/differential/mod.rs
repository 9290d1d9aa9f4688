//! The decoder of JSON events is held to another one, which is written plainly over `serde_json`:
//! what one refuses, the other refuses, and what they take is the same event.

mod arbitrary;
mod compare;
mod reference;
mod timestamps;
mod written;
