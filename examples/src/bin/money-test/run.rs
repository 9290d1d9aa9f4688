//! A run of the test.

use std::time::{Duration, Instant};

use eventkit::BoxError;
use eventkit_tests::{nats, postgres as postgres_server};
use tokio::task::block_in_place;
use tokio::time::sleep;

use crate::arguments::Arguments;
use crate::faults::{Bank, Fault, Worker};
use crate::proxy::Proxy;
use crate::result::BankResult;
use crate::worker::{self, TransferRequested, WorkerConfig};
use crate::{postgres, sqlite};

/// The time limit for the remaining transfers after the last fault.
const PATIENCE: Duration = Duration::from_mins(3);

/// The time to wait for duplicates after the last transfer.
const AFTERWARDS: Duration = Duration::from_secs(5);

/// The time between two faults.
const PAUSE: Duration = Duration::from_millis(700);

pub(crate) async fn run(arguments: &Arguments) -> Result<(), BoxError> {
    let Some(nats) = block_in_place(nats::Server::start) else {
        println!("the money test needs NATS, which `EVENTKIT_NATS_SERVER` disables");
        return Ok(());
    };
    let server = if arguments.sqlite {
        None
    } else {
        let Some(server) = block_in_place(postgres_server::Server::start) else {
            println!("the money test needs PostgreSQL, which `EVENTKIT_POSTGRES` disables");
            return Ok(());
        };
        Some(server)
    };
    let folder = std::env::temp_dir().join(format!("eventkit-money-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let database = match &server {
        Some(server) => server.url(),
        None => format!("sqlite:{}", folder.join("bank.db").display()),
    };
    create(&database).await?;
    // The stream must exist before the first transfer is published.
    let stream = worker::open(&nats.url()).await?;
    let mut bank = start(arguments, nats, server, &database).await?;
    let transfers = arguments.transfers;
    let publishing = tokio::spawn(async move {
        for _ in 0..2 {
            for number in 0..transfers {
                let transfer = TransferRequested::number(number);
                while stream.publish(&transfer).await.is_err() {
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    });

    let mut faults = 0;
    while faults < Fault::ALL.len() || !publishing.is_finished() {
        sleep(PAUSE).await;
        let fault = Fault::ALL[faults % Fault::ALL.len()];
        fault.happen(&mut bank, faults).await?;
        faults += 1;
    }
    publishing.await?;
    let result = until_complete(&database, transfers).await?;
    drop(bank);
    std::fs::remove_dir_all(&folder)?;

    println!("faults     {faults}");
    result.print(transfers);
    match (result.is_exact(transfers), arguments.without_tx) {
        (true, false) => Ok(()),
        (false, false) => Err("the balances, bookings or receipts are wrong".into()),
        (false, true) if result.is_complete(transfers) => Ok(()),
        (_, true) => Err("expected duplicate bookings without `Tx`, found none".into()),
    }
}

async fn start(
    arguments: &Arguments,
    nats: nats::Server,
    postgres: Option<postgres_server::Server>,
    database: &str,
) -> Result<Bank, BoxError> {
    let mut bank = Bank {
        nats,
        postgres,
        workers: Vec::new(),
        nats_proxies: Vec::new(),
        database_proxies: Vec::new(),
    };
    for _ in 0..if arguments.sqlite { 1 } else { 3 } {
        let address = bank.nats.url();
        let address = address.trim_start_matches("nats://").to_owned();
        let proxy = Proxy::to(address).await?;
        let mut config = WorkerConfig {
            nats: format!("nats://{}", proxy.address()),
            database: database.to_owned(),
            without_tx: arguments.without_tx,
        };
        bank.nats_proxies.push(proxy);
        if let Some(server) = &bank.postgres {
            let proxy = Proxy::to(format!("127.0.0.1:{}", server.port())).await?;
            config.database = format!("postgres://eventkit@{}/postgres", proxy.address());
            bank.database_proxies.push(proxy);
        }
        bank.workers.push(Worker::new(config)?);
    }
    Ok(bank)
}

async fn create(database: &str) -> Result<(), BoxError> {
    if database.starts_with("sqlite:") {
        sqlite::create(database).await
    } else {
        postgres::create(database).await
    }
}

async fn result(database: &str) -> Result<BankResult, BoxError> {
    if database.starts_with("sqlite:") {
        sqlite::result(database).await
    } else {
        postgres::result(database).await
    }
}

/// Waits until all transfers are handled, and then for duplicates.
async fn until_complete(database: &str, transfers: u32) -> Result<BankResult, BoxError> {
    let start = Instant::now();
    while !result(database).await?.is_complete(transfers) {
        if start.elapsed() > PATIENCE {
            break;
        }
        sleep(Duration::from_millis(200)).await;
    }
    sleep(AFTERWARDS).await;
    result(database).await
}
