//! Handlers as a service: the same functions on a broker, with nothing lost.
//!
//! A [`Service`] gives the handlers of a [`Dispatcher`](eventkit::Dispatcher) the events of one or
//! more [transports](eventkit::transport), until it is told to stop:
//!
//! ```
//! use eventkit_service::Service;
//! use eventkit::transport::Publisher;
//! use eventkit_service::memory::Memory;
//! use eventkit::{CloudEvent, Dispatcher, Registry, handles};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize, CloudEvent)]
//! #[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
//! struct OrderPlaced { order_id: String }
//!
//! static BILLING: Registry = Registry::new("billing");
//!
//! #[handles(registry = BILLING)]
//! async fn send_receipt(order: &OrderPlaced) {
//!     println!("receipt for {}", order.order_id);
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let memory = Memory::new();
//! let app = Dispatcher::new(&BILLING).build()?;
//! let service = Service::new("billing", &app).transport(memory.clone()).build()?;
//!
//! memory.publish(&OrderPlaced { order_id: "A-1".into() }.to_event()?).await?;
//! // `service.run()` runs until SIGTERM or ctrl-c.
//! service.run_until(async {
//!     while !memory.is_empty() {
//!         tokio::task::yield_now().await;
//!     }
//! })
//! .await;
//! # Ok(())
//! # }
//! ```
//!
//! # Each handler is a subscription of its own
//!
//! Its durable name is the name of the service and the path of the handler, `billing--shop-ship`,
//! or the name that `#[handles(.., name = "..")]` gives it, which stays when the function is
//! renamed. So the transport remembers for each handler by itself how far it has come:
//!
//! - A handler that fails is tried again without its siblings, also after a crash. No state of ours
//!   is needed for that, and none can be lost. One consumer for all handlers of a type would run
//!   those again that had succeeded, or have to keep a book of them that is as durable as the
//!   broker.
//! - A handler that is slow or paused holds up nobody else.
//! - A handler that is added later begins with the oldest message there is, not where the others are.
//!
//! When a service begins to run, it tells its transports of all of its subscriptions before it
//! opens the first: what is published meanwhile reaches every handler.
//!
//! The price is that each handler gets its own copy of each message. Events are small, brokers are
//! made for it, and a shared consumer with an inbox per source, id and handler would cost a
//! database transaction instead.
//!
//! # What is promised
//!
//! | | |
//! | --- | --- |
//! | **at least once** | an event is acknowledged when its handler has succeeded, its outbox is sent, or its dead letter is stored; not before. An [`Inbox`] makes it run once within a window. |
//! | **never beside itself** | an event that comes again while its handler still runs, as after a lost connection, waits; if the handler succeeds, it is not run once more. This holds within one process. |
//! | **resumes** | a lost consumer is opened again, with delays from 0.1 to 30 seconds, for ever; its health says so meanwhile |
//! | **one rule** | an error is retried; when the attempts run out, the event is a dead letter; what is wrong with the event itself, such as data of another form, is a dead letter at once; nothing is dropped but by name. See [`Policy`](eventkit::Policy). |
//! | **drains** | at the end nothing is taken any more, what runs may finish, and what has not by the deadline is given back, not failed |
//! | **alive** | an event that is worked on or waits is kept alive at the transport, three times in each `ack_wait` |
//!
//! An event that was given back, or whose process died, has been tried less often than it came. So
//! it may come twice as often as it may be tried; after that it is taken for one that the process
//! dies over, and becomes a dead letter without being tried.
//!
//! # Sync handlers
//!
//! They run on the threads that tokio has for what blocks, so a handler may wait for a file or a
//! database without holding up others. They cannot be stopped: a timeout is told of, not enforced,
//! and one that is running at the deadline of a drain is given back and yet runs on.

//!
//! # Layers
//!
//! What is to happen around every handler is a layer of [tower](https://docs.rs/tower), one that
//! others have written or one's own: see [`ServiceBuilder::layer`]. It stands around one attempt,
//! within the timeout of the [`Policy`](eventkit::Policy) and below its retries. What decides over the
//! message, such as retries, breakers and dead letters, is no layer: it has to know how the message
//! was settled, and has to be the same for what is no event.

mod at_once;
mod breaker;
mod builder;
mod call;
mod dead_letters;
mod error;
mod health;
mod inbox;
mod job;
mod lane;
mod layer;
mod ledger;
mod letter;
pub mod memory;
mod names;
mod outbox;
mod reader;
mod rules;
mod run;
mod settling;
mod source;
mod turns;

pub use builder::ServiceBuilder;
pub use dead_letters::{DeadLetter, DeadLetters};
pub use error::{ServiceError, ServiceProblem};
pub use health::{Counters, Health, ServiceHandle, SubscriptionHealth, SubscriptionState, Trouble};
pub use inbox::{Claim, Inbox, InboxKey, MemoryInbox};
pub use layer::{Attempt, HandlerService};
pub use outbox::{Outbox, OutboxError};
pub use run::{Service, Stopped};
