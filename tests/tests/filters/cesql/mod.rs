//! The expression language CESQL.

mod case;
mod explain;
mod functions;
mod limits;
mod properties;
mod tck;
mod vectors;
