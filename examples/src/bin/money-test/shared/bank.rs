//! The tables and handlers of the bank.

use eventkit::{BoxError, Dispatcher, Registry, State, handles};
use eventkit_service::Service;
use eventkit_sql::{Relay, SqlStore, Tx};
use sqlx::{Pool, Row};

use super::{Db, connect};
use crate::result::BankResult;
use crate::worker::{
    ACCOUNTS, INITIAL_BALANCE, TransferBooked, TransferRequested, WorkerConfig, open, policy,
};

type Connection = <Db as sqlx::Database>::Connection;

static BANK: Registry = Registry::new("bank");

/// Books a transfer, and returns an event.
#[handles(registry = BANK, name = "book")]
async fn book(
    transfer: &TransferRequested,
    tx: &mut Tx<Db>,
) -> Result<TransferBooked, sqlx::Error> {
    move_money(transfer, tx).await?;
    Ok(booked(transfer))
}

#[handles(registry = BANK, name = "receipt")]
async fn write_receipt(booked: &TransferBooked, tx: &mut Tx<Db>) -> Result<(), sqlx::Error> {
    insert("receipts", &booked.transfer, tx).await
}

static WITHOUT_TX: Registry = Registry::new("without_tx");

/// Books a transfer in a separate transaction, like a program without `Tx`.
#[handles(registry = WITHOUT_TX, name = "book")]
async fn book_alone(
    transfer: &TransferRequested,
    State(pool): State<Pool<Db>>,
) -> Result<TransferBooked, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    move_money(transfer, &mut transaction).await?;
    transaction.commit().await?;
    Ok(booked(transfer))
}

#[handles(registry = WITHOUT_TX, name = "receipt")]
async fn write_receipt_alone(
    booked: &TransferBooked,
    State(pool): State<Pool<Db>>,
) -> Result<(), sqlx::Error> {
    let mut connection = pool.acquire().await?;
    insert("receipts", &booked.transfer, &mut connection).await
}

fn booked(transfer: &TransferRequested) -> TransferBooked {
    TransferBooked {
        transfer: transfer.id.clone(),
    }
}

async fn move_money(
    transfer: &TransferRequested,
    connection: &mut Connection,
) -> Result<(), sqlx::Error> {
    for (account, amount) in [
        (transfer.from, -transfer.amount),
        (transfer.to, transfer.amount),
    ] {
        sqlx::query("UPDATE accounts SET balance = balance + $2 WHERE id = $1")
            .bind(account)
            .bind(amount)
            .execute(&mut *connection)
            .await?;
    }
    insert("bookings", &transfer.id, connection).await
}

/// Inserts a row into a table that accepts duplicates.
async fn insert(
    table: &'static str,
    transfer: &str,
    connection: &mut Connection,
) -> Result<(), sqlx::Error> {
    let insert = match table {
        "bookings" => "INSERT INTO bookings (transfer) VALUES ($1)",
        _ => "INSERT INTO receipts (transfer) VALUES ($1)",
    };
    sqlx::query(insert)
        .bind(transfer)
        .execute(connection)
        .await?;
    Ok(())
}

/// Creates the tables.
pub(crate) async fn create(database: &str) -> Result<(), BoxError> {
    let pool = connect(database).await?;
    eventkit_sql::migrate(&pool).await?;
    let tables = "CREATE TABLE accounts (id bigint PRIMARY KEY, balance bigint NOT NULL);
        CREATE TABLE bookings (transfer text NOT NULL);
        CREATE TABLE receipts (transfer text NOT NULL);";
    sqlx::raw_sql(tables).execute(&pool).await?;
    for id in 0..ACCOUNTS {
        sqlx::query("INSERT INTO accounts (id, balance) VALUES ($1, $2)")
            .bind(id)
            .bind(INITIAL_BALANCE)
            .execute(&pool)
            .await?;
    }
    Ok(())
}

/// Reads the balances, bookings and receipts.
pub(crate) async fn result(database: &str) -> Result<BankResult, BoxError> {
    let pool = connect(database).await?;
    let counts = "SELECT (SELECT count(*) FROM bookings),
        (SELECT count(DISTINCT transfer) FROM bookings),
        (SELECT count(*) FROM receipts), (SELECT count(DISTINCT transfer) FROM receipts)";
    let counts = sqlx::query(counts).fetch_one(&pool).await?;
    let balances = "SELECT balance FROM accounts ORDER BY id";
    let balances = sqlx::query_scalar(balances).fetch_all(&pool).await?;
    pool.close().await;
    Ok(BankResult {
        bookings: counts.try_get(0)?,
        booked: counts.try_get(1)?,
        receipts: counts.try_get(2)?,
        confirmed: counts.try_get(3)?,
        balances,
    })
}

/// Runs a worker until it is killed.
pub(crate) async fn work(config: WorkerConfig) -> Result<(), BoxError> {
    let pool = connect(&config.database).await?;
    let store = SqlStore::new(pool.clone());
    let registry = if config.without_tx {
        &WITHOUT_TX
    } else {
        &BANK
    };
    let app = Dispatcher::new(registry).state(store.clone()).state(pool);
    let app = app.build()?;
    let nats = loop {
        // NATS may be down or unreachable.
        match open(&config.nats).await {
            Ok(nats) => break nats,
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(200)).await,
        }
    };
    let mut service = Service::new("bank", &app)
        .transport(nats.clone())
        .policy(policy())
        .ack_wait(std::time::Duration::from_secs(2))
        .background(Relay::new(store.clone(), nats));
    if config.without_tx {
        service = service.inbox(store.inbox());
    }
    service.build()?.run().await?;
    Ok(())
}
