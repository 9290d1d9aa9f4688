//! The bank with PostgreSQL.

use eventkit::BoxError;
use sqlx::postgres::PgPool;

pub(crate) type Db = sqlx::Postgres;

#[path = "../shared/books.rs"]
mod books;

pub(crate) async fn run(url: &str) -> Result<(), BoxError> {
    let pool = PgPool::connect(url).await?;
    println!("The bank keeps its books in PostgreSQL.");
    books::open_bank(pool).await
}
