//! The cases of other libraries, and the harness that times all of them in one run.

pub mod broker;
pub mod ruststream;
pub mod sdk;
pub mod timing;
