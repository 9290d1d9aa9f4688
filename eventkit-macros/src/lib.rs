//! The macros of eventkit.
