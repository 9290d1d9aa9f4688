//! The suite with PostgreSQL.

mod abandoned;
mod clocks;
mod conflicts;
mod full;
mod killed;
mod restarted;
mod rights;
mod suspects;
mod tables;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

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
    let place = format!("{}{setting}", place()?);
    Some(open_with(&place, connections).await)
}

/// Returns where a new schema is, as [`open`] takes it.
pub(crate) fn place() -> Option<String> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    Some(place_in(server()?, &format!("test_{number}")))
}

/// Returns the server that the tests share.
fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(Server::start).as_ref()
}

fn place_in(server: &Server, schema: &str) -> String {
    format!("{}?options=-csearch_path={schema}", server.url())
}

/// Opens the store of a place, and creates its tables if there are none.
pub(crate) async fn open(place: &str) -> SqlStore<Db> {
    open_with(place, 6).await
}

async fn open_with(place: &str, connections: u32) -> SqlStore<Db> {
    let options = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(2));
    let pool = options.connect(place).await.unwrap();
    let (_, schema) = place.split_once("search_path=").unwrap();
    let schema = schema.split('%').next().unwrap();
    let store = SqlStore::new(pool).schema(schema).unwrap();
    store.migrate().await.unwrap();
    store
}

/// Returns whether a transaction is open at the server, regardless of the state of sqlx.
async fn is_in_transaction(connection: &mut PgConnection) -> bool {
    // The statement is an error outside a transaction.
    sqlx::raw_sql("SAVEPOINT a")
        .execute(connection)
        .await
        .is_ok()
}

#[path = "../shared/delivered.rs"]
mod delivered;
#[path = "../shared/ended.rs"]
mod ended;
#[path = "../shared/full_disk.rs"]
mod full_disk;
#[path = "../shared/inbox.rs"]
mod inbox;
#[path = "../shared/killed_relays.rs"]
mod killed_relays;
#[path = "../shared/relay.rs"]
mod relay;
#[path = "../shared/units.rs"]
mod units;
