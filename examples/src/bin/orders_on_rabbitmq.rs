//! The orders of the example `shop`, from the same file, on RabbitMQ: four roles, each a
//! process of its own.
//!
//! ```text
//! orders_on_rabbitmq work            # handles orders until ctrl-c; start as many as you like
//! orders_on_rabbitmq publish 10000   # publishes orders; one in a hundred is dearer than the bank allows
//! orders_on_rabbitmq letters         # lists what could not be handled
//! orders_on_rabbitmq replay          # runs the handlers that failed once more
//! ```
//!
//! `RABBITMQ_URL` is the URL of the server, `amqp://127.0.0.1:5672/%2f` by default; start one with
//! `rabbitmq-server`. Start a worker first, since the queues begin with what is published after they exist.
//! `CARD_LIMIT` is the limit of the bank of a worker, in cents.

#![forbid(unsafe_code)]

#[path = "shop/orders.rs"]
mod orders;
#[path = "shop/roles.rs"]
mod roles;
#[path = "shop/state.rs"]
mod state;

use std::env;
use std::process::ExitCode;

use eventkit_rabbitmq::RabbitMq;

#[tokio::main]
async fn main() -> ExitCode {
    let url = env::var("RABBITMQ_URL").unwrap_or_else(|_| "amqp://127.0.0.1:5672/%2f".to_owned());
    roles::run(|| RabbitMq::connect(url).exchange(roles::SHOP).open()).await
}
