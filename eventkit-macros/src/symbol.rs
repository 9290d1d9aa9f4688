//! The names of attributes and keys.

pub(crate) use eventkit_cesql::rules::{
    DATA, DATACONTENTTYPE, DATASCHEMA, ID, SOURCE, SPECVERSION, SUBJECT, TIME, TYPE,
};

// Attributes of the compiler.
pub(crate) const ALLOW: &str = "allow";
pub(crate) const CFG: &str = "cfg";
pub(crate) const CFG_ATTR: &str = "cfg_attr";
pub(crate) const DEPRECATED: &str = "deprecated";
pub(crate) const EXPECT: &str = "expect";
pub(crate) const TEST: &str = "test";

// Attributes that are not also keys.
pub(crate) const CLOUDEVENT: &str = "cloudevent";
pub(crate) const DEAD_LETTER: &str = "dead_letter";
pub(crate) const DROP: &str = "drop";
pub(crate) const HANDLES: &str = "handles";
pub(crate) const HANDLER_ERROR: &str = "handler_error";
pub(crate) const SERDE: &str = "serde";

// Keys of several attributes.
pub(crate) const CRATE: &str = "crate";
pub(crate) const EXTENSION: &str = "extension";
pub(crate) const RETRY: &str = "retry";

// Keys of `#[cloudevent(..)]` that are not attributes of events.
pub(crate) const KEEP: &str = "keep";
pub(crate) const OTHER: &str = "other";

// Keys of `#[handles(..)]`.
pub(crate) const CIRCUIT_BREAKER: &str = "circuit_breaker";
pub(crate) const CONCURRENCY: &str = "concurrency";
pub(crate) const ON_EXHAUSTED: &str = "on_exhausted";
pub(crate) const EMITS: &str = "emits";
pub(crate) const FILTER: &str = "filter";
pub(crate) const FORMERLY: &str = "formerly";
pub(crate) const KEY: &str = "key";
pub(crate) const NAME: &str = "name";
pub(crate) const ORDER: &str = "order";
pub(crate) const REGISTRY: &str = "registry";
pub(crate) const START: &str = "start";
pub(crate) const TIMEOUT: &str = "timeout";

// The key of `#[handler_error(..)]` besides `crate`.
pub(crate) const TRANSPARENT: &str = "transparent";

// Keys of `retry(..)` and `circuit_breaker(..)`.
pub(crate) const AFTER: &str = "after";
pub(crate) const ATTEMPTS: &str = "attempts";
pub(crate) const INITIAL_DELAY: &str = "initial_delay";
pub(crate) const MAX_DELAY: &str = "max_delay";
pub(crate) const MAX_FAILURES: &str = "max_failures";
pub(crate) const RESET_TIMEOUT: &str = "reset_timeout";

/// The prefix of all generated names.
pub(crate) const RESERVED: &str = "__eventkit";
