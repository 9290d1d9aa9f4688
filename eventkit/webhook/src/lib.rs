//! A transport on HTTP: events come as webhooks, and are sent as such (feature `webhook`).
//!
//! It keeps to HTTP 1.1 Web Hooks for Event Delivery, 1.0.2; section numbers are of that
//! specification. An [`Endpoint`] takes requests and gives their events to handlers, a [`Sender`]
//! publishes events to an address.
//!
//! ```no_run
//! use eventkit::Dispatcher;
//! use eventkit_service::Service;
//! use eventkit_webhook::{Endpoint, Sender};
//! use tokio::net::TcpListener;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let endpoint = Endpoint::builder()
//!     .token(std::env::var("WEBHOOK_TOKEN")?)
//!     .allow_origin("events.shop.example")
//!     .publish_to(Sender::to("https://example.com/dead-letters").build()?)
//!     .build()?;
//! let app = Dispatcher::new(eventkit::default_registry()).build()?;
//! let service = Service::new("shop", &app).transport(endpoint.clone()).build()?;
//!
//! let handle = service.handle();
//! let running = tokio::spawn(service.run_until(std::future::pending()));
//! handle.ready().await;
//!
//! let listener = TcpListener::bind("0.0.0.0:8080").await?;
//! endpoint.serve(listener, async { drop(tokio::signal::ctrl_c().await) }).await?;
//! // The endpoint is closed now, and with it the service ends.
//! running.await??;
//! # Ok(())
//! # }
//! ```
//!
//! # What an endpoint answers
//!
//! A request is one event in binary or structured mode, or a batch. Each subscription whose patterns
//! fit gets it, and the answer comes when all have settled it:
//!
//! | what became of it | answer |
//! | --- | --- |
//! | every handler has acknowledged or terminated it, or none wants it | 204 |
//! | a handler gives it back, or says no word for `ack_wait` | 503, `Retry-After` with its delay |
//! | a subscription has as many in flight as it may | 429, `Retry-After` |
//! | nobody has subscribed yet, or any more; the endpoint is closed | 503, `Retry-After` |
//! | the sender is over its [rate](EndpointBuilder::rate) | 429, `Retry-After` |
//! | it is no event, or a wrong one | 400 |
//! | its access token is missing or wrong | 401 |
//! | its origin is [required](EndpointBuilder::require_origin) and not allowed | 403 |
//! | another method than `POST`, or `OPTIONS` for the handshake | 405, `Allow` |
//! | its body does not come | 408 |
//! | it is over one of the [limits](EndpointBuilder::limits) | 413 |
//! | neither its content type nor its headers are those of an event | 415 |
//!
//! All but 204 have a [`Problem`](eventkit::binding::http::Problem) as their body. A batch, or an event
//! of several handlers, is answered by the worst of them, with the longest delay. What is no event
//! never reaches a handler: the sender has it still, and is told what is wrong.
//!
//! **Terminated is a success.** A service terminates an event when it has put it among its dead
//! letters, or when its policy is to drop it. Either way it is dealt with: were the answer 4xx, the
//! sender would keep the same dead letter too, and count a healthy target as broken.
//!
//! **An event that nobody wants is a success**, as it is for [`dispatch`](fn@eventkit::dispatch).
//!
//! # What is remembered
//!
//! The sender is the store: an event that is not settled comes again because the sender sends it
//! again. So that this runs no handler that has succeeded, the endpoint remembers of each event, by
//! source and id, and each subscription whether it is settled, how often it was given, and before
//! when it is not to come again. A retry that comes too early is answered with the rest of the
//! delay, and one that comes while the handler still works waits for the same end: a sender that
//! hangs up stops nothing, and runs nothing twice.
//!
//! This is memory of the process, [bounded](EndpointBuilder::remember) in number and in time. After
//! a restart, or behind a load balancer at another process, an event may run again at handlers that
//! had succeeded: at least once, as with every transport. An inbox of the service guards against
//! that.
//!
//! There is no order: what is sent again is overtaken.
//!
//! # Start and end
//!
//! An event that comes before a handler has subscribed is not for that handler. Let requests come
//! when the service is ready, or set how many [subscriptions](EndpointBuilder::subscriptions) there
//! will be.
//!
//! At the end [`close`](Endpoint::close) comes first, which [`serve`](Endpoint::serve) calls by
//! itself: what has come is handled and answered, and a service ends when all of it is. Where the
//! service is stopped first, what it takes no more is answered with 503.
//!
//! # What a sender does
//!
//! | answer | what follows |
//! | --- | --- |
//! | 2xx | published |
//! | no connection, no answer in time, 408, 5xx | tried again, after a delay that grows, or the one of `Retry-After` |
//! | 429 | the same, and nothing else is sent before either (2.2) |
//! | 410 | [`Rejected`]; the address is never sent to again (2.2) |
//! | 401, 403, 404, 405, 407, 3xx | [`Configuration`]: it is not the event that is wrong. Redirects are not followed (2.2) |
//! | other 4xx | [`Rejected`] |
//!
//! An error has the status in it, and what a problem in the body says. Attempts and the time of all
//! of them have limits; a `Retry-After` beyond the deadline ends it at once.
//!
//! TLS is for the program to choose, as a feature of reqwest, such as `rustls`.
//!
//! [`Rejected`]: super::TransportErrorKind::Rejected
//! [`Configuration`]: super::TransportErrorKind::Configuration

mod client;
mod endpoint;
mod header;
mod retry_after;
mod sender;

pub use self::client::HttpClient;
pub use self::endpoint::{CallbackRequest, Endpoint, EndpointBuilder};
pub use self::sender::{Sender, SenderBuilder};
