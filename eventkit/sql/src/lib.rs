#![doc = include_str!("../docs/guide.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(any(feature = "postgres", feature = "sqlite")),
    expect(
        dead_code,
        unused_imports,
        unused_macros,
        reason = "a library may leave the choice of the database to the program"
    )
)]

mod batch_statements;
mod begin;
mod codes;
mod continued;
mod database;
mod error;
mod inbox;
mod key;
mod outbox;
mod relay;
mod relay_health;
mod schema;
#[cfg(feature = "sqlite")]
mod sqlite_inbox;
mod store;
mod unit;
mod value;

pub use self::database::SqlDatabase;
pub use self::error::SqlError;
pub use self::inbox::SqlInbox;
pub use self::key::MAX_KEY_LEN;
pub use self::outbox::Outbox;
pub use self::relay::Relay;
pub use self::relay_health::RelayHealth;
#[cfg(feature = "sqlite")]
pub use self::sqlite_inbox::SqliteInbox;
pub use self::store::{SqlStore, migrate};
pub use self::unit::Tx;

// Compiles the example of the README together with those of the documentation.
#[cfg(all(doctest, feature = "postgres"))]
#[doc = include_str!("../README.md")]
mod readme {}
