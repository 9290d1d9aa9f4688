//! Built-in and registered data codecs.

mod added;
mod bytes;
mod choice;
mod declared;
mod json;
mod not_self_describing;
mod register;
mod shapes;
mod text;
