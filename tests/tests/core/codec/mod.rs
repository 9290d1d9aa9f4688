//! Data codecs: those built in, and those a program adds.

mod added;
mod bytes;
mod choice;
mod declared;
mod json;
mod not_self_describing;
mod register;
mod shapes;
mod text;
