//! The suite with PostgreSQL.

mod conflicts;
mod killed;
mod tables;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use eventkit_sql::SqlStore;
use eventkit_tests::postgres::Server;
use sqlx::PgConnection;
use sqlx::postgres::PgPoolOptions;

pub(crate) type Db = sqlx::Postgres;
pub(crate) const PREFIX: &str = "";

/// Returns a store with its tables in a separate schema, or `None` if tests with a server are
/// disabled.
pub(crate) async fn store() -> Option<SqlStore<Db>> {
    store_with("", 6).await
}

/// Returns a store like [`store`], with a setting of the server and a pool size.
async fn store_with(setting: &str, connections: u32) -> Option<SqlStore<Db>> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = SERVER.get_or_init(Server::start).as_ref()?;
    let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let options = PgPoolOptions::new().max_connections(connections);
    let path = format!("{}?options=-csearch_path={name}{setting}", server.url());
    let pool = options.connect(&path).await.unwrap();
    let store = SqlStore::new(pool).schema(&name).unwrap();
    store.migrate().await.unwrap();
    Some(store)
}

/// Returns whether a transaction is open at the server, regardless of the state of sqlx.
async fn is_in_transaction(connection: &mut PgConnection) -> bool {
    // The statement is an error outside a transaction.
    sqlx::raw_sql("SAVEPOINT a")
        .execute(connection)
        .await
        .is_ok()
}

#[path = "../shared/ended.rs"]
mod ended;
#[path = "../shared/inbox.rs"]
mod inbox;
#[path = "../shared/relay.rs"]
mod relay;
#[path = "../shared/units.rs"]
mod units;
