//! The code of the README in the same order. Each block of the README is a part of this file.

#![allow(
    clippy::needless_pass_by_value,
    reason = "handlers take extractors by value"
)]

use std::sync::{Arc, Mutex, PoisonError};

use eventkit::extract::Id;
use eventkit::{
    BoxError, CloudEvent, Context, Dispatcher, Event, Extract, HandlerError, Outgoing,
    OutgoingError, Registry, State, handles,
};
use serde::{Deserialize, Serialize};
use tower::ServiceExt;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
struct OrderPlaced {
    #[cloudevent(subject)]
    order_id: String,
    #[cloudevent(extension)]
    region: Option<String>,
    total_cents: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.paid", source = "/shop/orders")]
struct OrderPaid {
    order_id: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.parcel.packed", source = "/shop/orders")]
struct ParcelPacked {
    order_id: String,
    number: u32,
}

#[derive(Debug, CloudEvent)]
enum OrderEvent {
    Placed(OrderPlaced),
    Paid(OrderPaid),
}

fn order(order_id: &str, total_cents: u64) -> OrderPlaced {
    OrderPlaced {
        order_id: order_id.to_owned(),
        region: Some("eu".to_owned()),
        total_cents,
    }
}

#[test]
fn an_event_is_a_struct_an_envelope_and_an_enum() -> Result<(), Box<dyn std::error::Error>> {
    let order = order("A-1", 1250);

    let event: Event = order.to_event()?;
    assert_eq!(event.subject(), Some("A-1"));
    assert_eq!(OrderPlaced::try_from(&event)?, order);
    match OrderEvent::try_from(&event)? {
        OrderEvent::Placed(order) => println!("{} was placed", order.order_id),
        OrderEvent::Paid(order) => println!("{} was paid", order.order_id),
    }
    Ok(())
}

#[derive(Debug, Clone, Default)]
struct Books(Arc<Mutex<Vec<String>>>);

impl Books {
    fn note(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(line);
    }
}

static SHOP: Registry = Registry::new("shop");

// One event type.
#[handles(registry = SHOP)]
fn send_receipt(order: &OrderPlaced, State(books): State<Books>) {
    books.note(format!("receipt for {}", order.order_id));
}

// All types of an enum.
#[handles(registry = SHOP)]
fn keep_timeline(event: &OrderEvent, Id(id): Id<'_>, State(books): State<Books>) {
    books.note(format!("{id}: {event:?}"));
}

// The envelope of any type that matches, with an extension attribute if there is one.
#[handles("co.outcome.order.*", registry = SHOP)]
fn audit(event: &Event, #[extension("region")] region: Option<String>, State(books): State<Books>) {
    books.note(format!("{event} in {region:?}"));
}

struct Tenant(String);

impl<'a> Extract<'a> for Tenant {
    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        let tenant = context.event().source().split('/').nth(1);
        Ok(Self(tenant.ok_or("the source has no tenant")?.to_owned()))
    }
}

#[handles(registry = SHOP)]
fn bill(order: &OrderPlaced, Tenant(tenant): Tenant, State(books): State<Books>) {
    books.note(format!("{tenant} pays for {}", order.order_id));
}

#[tokio::test]
async fn a_dispatcher_has_the_state() -> Result<(), Box<dyn std::error::Error>> {
    let books = Books::default();
    let bank = Bank { limit_cents: 5000 };

    let app = Dispatcher::new(&SHOP)
        .state(books.clone())
        .state(bank)
        .build()?;
    let report = app.dispatch_async(&order("A-1", 1250)).await?;
    for outcome in report.iter() {
        println!("{}: {:?}", outcome.handler.name(), outcome.failure);
    }
    assert_eq!(report.len(), 6);
    assert_eq!(report.events().len(), 1);
    Ok(())
}

#[derive(Debug, thiserror::Error, HandlerError)]
enum ChargeError {
    #[error("the bank did not respond")]
    #[retry(after = "5s")]
    BankAway,
    #[error("the card was declined")]
    #[dead_letter]
    Declined,
}

#[handles(registry = SHOP, name = "charge", retry(attempts = 5, max_delay = "1m"), timeout = "30s")]
async fn charge(order: OrderPlaced, State(bank): State<Bank>) -> Result<OrderPaid, ChargeError> {
    bank.charge(order.total_cents).await?;
    Ok(OrderPaid {
        order_id: order.order_id,
    })
}

#[derive(Debug, Clone, Copy)]
struct Bank {
    limit_cents: u64,
}

impl Bank {
    async fn charge(self, cents: u64) -> Result<(), ChargeError> {
        tokio::task::yield_now().await;
        match cents {
            0 => Err(ChargeError::BankAway),
            _ if cents > self.limit_cents => Err(ChargeError::Declined),
            _ => Ok(()),
        }
    }
}

#[handles(registry = SHOP)]
fn pack(order: &OrderPaid, outgoing: Outgoing<ParcelPacked>) -> Result<(), OutgoingError> {
    for number in 1..=2 {
        outgoing.send(&ParcelPacked {
            order_id: order.order_id.clone(),
            number,
        })?;
    }
    Ok(())
}

#[handles(registry = SHOP, filter = "region = 'eu' AND EXISTS priority AND priority > 3")]
fn review(order: &OrderPlaced, State(books): State<Books>) {
    books.note(format!("review of {}", order.order_id));
}

mod http {
    use axum::Router;
    use axum::routing::post;
    use eventkit::{DispatchError, Dispatcher, Event};

    async fn receive(
        axum::extract::State(app): axum::extract::State<Dispatcher>,
        event: Event,
    ) -> Result<(), DispatchError> {
        app.dispatch_async(&event).await?;
        Ok(())
    }

    pub(super) fn routes(app: Dispatcher) -> Router {
        Router::new()
            .route("/events", post(receive))
            .with_state(app)
    }
}

mod actix {
    use actix_web::{HttpResponse, web};
    use eventkit::{DispatchError, Dispatcher, Event};

    async fn receive(
        app: web::Data<Dispatcher>,
        event: Event,
    ) -> Result<HttpResponse, DispatchError> {
        app.dispatch_async(&event).await?;
        Ok(HttpResponse::NoContent().finish())
    }

    pub(super) fn routes(config: &mut web::ServiceConfig) {
        config.route("/events", web::post().to(receive));
    }
}

#[tokio::test]
async fn a_request_reaches_the_handlers_in_axum_and_in_actix()
-> Result<(), Box<dyn std::error::Error>> {
    let app = || {
        Dispatcher::new(&SHOP)
            .state(Books::default())
            .state(Bank { limit_cents: 5000 })
            .build()
    };
    let message = eventkit::binding::http::encode_binary(&order("A-1", 1250).to_event()?)?;

    let request = axum::http::Request::post("/events");
    let mut request = request.body(axum::body::Body::from(message.body.clone()))?;
    request.headers_mut().extend(message.headers.clone());
    let response = http::routes(app()?).oneshot(request).await?;
    assert_eq!(response.status(), 200);

    let service = actix_web::App::new()
        .app_data(actix_web::web::Data::new(app()?))
        .configure(actix::routes);
    let service = actix_web::test::init_service(service).await;
    let mut request = actix_web::test::TestRequest::post().uri("/events");
    for (name, value) in &message.headers {
        request = request.insert_header((name.as_str(), value.as_bytes()));
    }
    let request = request.set_payload(message.body).to_request();
    let response = actix_web::test::call_service(&service, request).await;
    assert_eq!(response.status().as_u16(), 204);
    Ok(())
}

mod exactly_once {
    use eventkit::{Dispatcher, Registry, handles};
    use eventkit_nats::Nats;
    use eventkit_service::Service;
    use eventkit_sql::{Relay, SqlStore, Tx};
    use sqlx::Postgres;
    use sqlx::postgres::PgPool;

    use super::{OrderPaid, OrderPlaced};

    static BILLING: Registry = Registry::new("billing");

    #[handles(registry = BILLING)]
    async fn book(order: &OrderPlaced, tx: &mut Tx<Postgres>) -> Result<OrderPaid, sqlx::Error> {
        sqlx::query("UPDATE accounts SET balance = balance - $1")
            .bind(i64::try_from(order.total_cents).unwrap_or(i64::MAX))
            .execute(&mut **tx)
            .await?;
        Ok(OrderPaid {
            order_id: order.order_id.clone(),
        })
    }

    pub(super) async fn run(pool: PgPool, nats: Nats) -> Result<(), Box<dyn std::error::Error>> {
        let store = SqlStore::new(pool);
        store.migrate().await?;
        let app = Dispatcher::new(&BILLING).state(store.clone()).build()?;
        let service = Service::new("billing", &app)
            .transport(nats.clone())
            .background(Relay::new(store, nats)) // publishes the events of the outbox
            .build()?;
        service.run().await?;
        Ok(())
    }
}

mod services {
    use eventkit::{Dispatcher, Event};
    use eventkit_nats::Nats;
    use eventkit_service::{DeadLetters, Service};
    use eventkit_webhook::{Endpoint, Sender};

    use super::order;

    pub(super) async fn on_nats(app: Dispatcher) -> Result<(), Box<dyn std::error::Error>> {
        let nats = Nats::connect("nats://127.0.0.1:4222")
            .stream("shop")
            .open()
            .await?;
        nats.publish(&order("A-1", 1250)).await?; // returns once the stream has stored the event

        let service = Service::new("shop", &app).transport(nats).build()?;
        service.run().await?; // until SIGTERM or ctrl-c; then running handlers finish
        Ok(())
    }

    pub(super) async fn replay(nats: Nats) -> Result<(), Box<dyn std::error::Error>> {
        let letters = DeadLetters::new(nats, "shop");
        for letter in letters.list().await? {
            println!("{letter}");
            letters.replay(&letter).await?; // only to the handler that failed
        }
        Ok(())
    }

    pub(super) async fn webhooks(
        app: Dispatcher,
        token: &str,
    ) -> Result<axum::Router, Box<dyn std::error::Error>> {
        let endpoint = Endpoint::builder()
            .token(token)
            .publisher(Sender::to("https://example.com/dead-letters").build()?)
            .build()?;
        let service = Service::new("shop", &app)
            .transport(endpoint.clone())
            .build()?;
        tokio::spawn(service.run());
        Ok(axum::Router::new().route_service("/events", endpoint))
    }

    pub(super) async fn send(event: &Event, token: &str) -> Result<(), Box<dyn std::error::Error>> {
        let sender = Sender::to("https://example.com/events")
            .token(token)
            .build()?;
        sender.publish(event).await?; // with retries, `Retry-After` and the rate of the endpoint
        Ok(())
    }
}

// These need a broker and hosts, so they are only compiled.
const _: () = {
    let _ = exactly_once::run;
    let _ = services::on_nats;
    let _ = services::replay;
    let _ = services::webhooks;
    let _ = services::send;
};

mod testing {
    use eventkit::{BoxError, Dispatcher};
    use eventkit_service::Service;
    use eventkit_service::testing::TestService;

    use super::{Bank, Books, OrderPaid, SHOP, order};

    #[tokio::test(start_paused = true)]
    async fn a_declined_order_is_a_dead_letter() -> Result<(), BoxError> {
        let bank = Bank { limit_cents: 5000 };
        let app = Dispatcher::new(&SHOP)
            .state(Books::default())
            .state(bank)
            .build()?;
        let service = TestService::start(Service::new("shop", &app))?;

        service.publish(&order("A-1", 1250)).await?;
        service.publish(&order("A-2", 999_900)).await?;
        service.settled().await; // including retries, which take no real time

        let paid = service.published::<OrderPaid>()?;
        assert_eq!(paid[0].order_id, "A-1");
        let letters = service.dead_letters().await?;
        assert_eq!(letters[0].error, "the card was declined");
        Ok(())
    }
}
