//! The orders of the example `shop`, from the same file, on NATS `JetStream`. Each of three roles
//! is a process.
//!
//! ```text
//! orders_on_nats work            # handles orders until ctrl-c; start any number of workers
//! orders_on_nats publish 10000   # publishes orders; one in a hundred exceeds the card limit
//! orders_on_nats letters         # lists the dead letters
//! orders_on_nats replay          # replays the dead letters
//! ```
//!
//! `NATS_URL` is the URL of the server, by default `nats://127.0.0.1:4222`. Start one with
//! `nats-server --jetstream`. `CARD_LIMIT` is the limit of a worker's bank, in cents.

#![forbid(unsafe_code)]

#[path = "shop/orders.rs"]
mod orders;
#[path = "shop/roles.rs"]
mod roles;
#[path = "shop/state.rs"]
mod state;

use std::env;
use std::process::ExitCode;

use eventkit_nats::Nats;

#[tokio::main]
async fn main() -> ExitCode {
    let url = env::var("NATS_URL").unwrap_or_else(|_| "nats://127.0.0.1:4222".to_owned());
    roles::run(|| Nats::connect(url).stream(roles::SHOP).open()).await
}
