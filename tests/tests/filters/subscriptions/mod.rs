//! Filters: the dialects of the Subscriptions API.

mod dialects;
mod errors;
mod json;
mod typed;
