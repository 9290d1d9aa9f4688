//! The rules of the specification: their vectors, and their table in the documentation.

mod described;
mod given;
mod rules;
mod size;
mod table;
mod then;
mod vectors;
