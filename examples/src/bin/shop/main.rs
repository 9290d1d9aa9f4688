//! A shop that receives `CloudEvents` over HTTP and dispatches them to typed handlers.
//!
//! `orders.rs` defines the events and their handlers. All code for HTTP is in `server.rs`.
//!
//! | route | |
//! | --- | --- |
//! | `/events` | handles events at once, and says which handlers ran |
//! | `/webhook` | handles events in a service, which repeats failed attempts |
//! | `/live`, `/ready`, `/health` | health probes of the service |
//! | `/metrics` | its metrics, for Prometheus |
//! | `/catalog` | a page about the events and handlers, and AsyncAPI |

#![forbid(unsafe_code)]

mod answer;
mod arguments;
mod customer;
mod hints;
mod metrics;
mod orders;
mod server;
mod state;

use std::net::SocketAddr;
use std::process::ExitCode;

use eventkit::{BoxError, Dispatcher};
use eventkit_catalog::Catalog;
use eventkit_service::memory::Memory;
use eventkit_service::{Service, probes};
use eventkit_webhook::Endpoint;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use arguments::{Command, USAGE};
use orders::OrderEvent;
use state::{Bank, Books};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let outcome = match arguments::parse(&arguments) {
        Ok(Command::Show) => show().await,
        Ok(Command::Listen(address)) => listen(&address).await,
        Ok(Command::Help) => {
            print!("{USAGE}");
            Ok(())
        }
        Err(mistake) => {
            eprint!("shop: {mistake}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("shop: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Opens the shop, sends requests to it, and closes it.
async fn show() -> Result<(), BoxError> {
    let books = Books::default();
    let (listener, address) = open("127.0.0.1:0").await?;
    println!("The shop listens on http://{address}/events");

    let (close, closed) = oneshot::channel::<()>();
    let router = server::router(dispatcher(&books)?, &catalog()?);
    let server = axum::serve(listener, router).with_graceful_shutdown(async {
        // An error means that the sender was dropped, which closes the shop too.
        let _ = closed.await;
    });
    let server = tokio::spawn(server.into_future());
    let visit = customer::visit(&format!("http://{address}/events")).await;
    let _ = close.send(());
    server.await??;
    visit?;

    println!("\nThe shop is closed. What the handlers wrote into its books:");
    for line in books.lines() {
        println!("   {line}");
    }
    Ok(())
}

/// Runs the shop until ctrl-c.
async fn listen(address: &str) -> Result<(), BoxError> {
    let (listener, address) = open(address).await?;
    println!("The shop listens on http://{address}/events, until ctrl-c. Try:\n");
    hints::print(address)?;
    let shop = dispatcher(&Books::default())?;
    // A service reports to the meter provider that it finds.
    let metrics = metrics::router()?;
    let webhook = Endpoint::builder().build()?;
    let service = Service::new("shop", &shop)
        .transport(webhook.clone())
        // In memory, since the shop has no broker: a sender keeps what the shop refuses.
        .dead_letter_publisher(Memory::new())
        .build()?;
    let router = server::router(shop, &catalog()?)
        .route_service("/webhook", webhook)
        .merge(probes::router(service.handle()))
        .merge(metrics);

    let (close, closed) = oneshot::channel::<()>();
    let server = axum::serve(listener, router).with_graceful_shutdown(async {
        let _ = closed.await;
    });
    let service = async {
        // Ends at ctrl-c, after the events that have begun.
        let stopped = service.run().await;
        drop(close);
        Ok::<_, BoxError>(stopped?)
    };
    tokio::try_join!(service, async { Ok(server.await?) })?;
    server::say("\nThe shop is closed.");
    Ok(())
}

async fn open(address: &str) -> Result<(TcpListener, SocketAddr), BoxError> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|error| format!("failed to listen on `{address}`: {error}"))?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Describes the events and handlers, for the page at `/catalog`.
fn catalog() -> Result<Catalog, BoxError> {
    let catalog = Catalog::of(eventkit::default_registry())
        .title("Shop")
        .version(env!("CARGO_PKG_VERSION"))
        .events::<OrderEvent>()
        .build()?;
    Ok(catalog)
}

/// Builds the dispatcher with the state of the handlers. Missing state is an error here, and not at
/// the first event.
fn dispatcher(books: &Books) -> Result<Dispatcher, BoxError> {
    let bank = Bank {
        limit_cents: 50_000,
    };
    Ok(Dispatcher::new(eventkit::default_registry())
        .state(books.clone())
        .state(bank)
        .build()?)
}
