//! The rules of the specification one by one: vectors, and the table in the documentation.

mod described;
mod given;
mod rules;
mod size;
mod table;
mod then;
mod vectors;
