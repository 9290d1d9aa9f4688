//! Workers with PostgreSQL.

use eventkit::BoxError;
use sqlx::postgres::PgPoolOptions;

pub(crate) type Db = sqlx::Postgres;

pub(crate) async fn connect(url: &str) -> Result<sqlx::Pool<Db>, BoxError> {
    let options = PgPoolOptions::new().max_connections(12);
    Ok(options.connect_lazy(url)?)
}

#[path = "../shared/bank.rs"]
mod bank;

pub(crate) use bank::{create, result, work};
