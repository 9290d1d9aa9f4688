//! The outbox, whose events stay in the trace in which they were stored.

use eventkit::{CloudEvent, Registry, handles};
use eventkit_service::Service;
use eventkit_service::memory::Memory;
use eventkit_sql::{Relay, SqlStore, Tx};
use serde::{Deserialize, Serialize};
use sqlx::Sqlite;
use sqlx::sqlite::SqlitePoolOptions;
use tracing::Instrument;

use super::receiver::{Telemetry, run};
use super::trees::{edges, tree};

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.payment.made", source = "/bank")]
struct PaymentMade {
    amount: i64,
}

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.payment.booked", source = "/bank")]
struct PaymentBooked {
    amount: i64,
}

static BANK: Registry = Registry::new("telemetry-bank");

#[handles(registry = BANK, name = "book")]
async fn book(payment: &PaymentMade, _tx: &mut Tx<Sqlite>) -> Result<PaymentBooked, sqlx::Error> {
    let amount = payment.amount;
    Ok(PaymentBooked { amount })
}

#[handles(registry = BANK, name = "print")]
fn print(_: &PaymentBooked) {}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_goes_through_a_unit_of_work_and_the_relay() {
    let Some(telemetry) = Telemetry::shared() else {
        return;
    };
    let pool = SqlitePoolOptions::new().max_connections(1);
    let pool = pool.connect("sqlite::memory:").await.unwrap();
    let store = SqlStore::new(pool);
    store.migrate().await.unwrap();
    let memory = Memory::new();
    let app = eventkit::Dispatcher::new(&BANK).state(store.clone());
    let app = app.build().unwrap();
    let relay = Relay::new(store.clone(), memory.clone());
    let service = Service::new("outbox", &app)
        .transport(memory)
        .background(relay);
    let service = run(service).await;

    // Stored in a transaction of the program, published by the relay.
    let paying = async {
        let mut tx = store.begin().await.unwrap();
        let payment = PaymentMade { amount: 30 };
        store.outbox().store(&mut tx, &payment).await.unwrap();
        tx.commit().await.unwrap();
    };
    paying.instrument(tracing::info_span!("pay")).await;
    service
        .wait_for(|health| health.counters().succeeded == 2)
        .await;
    service.stop().await;

    let roots = telemetry.spans(1, |span| span.name == "pay").await;
    let trace = &roots[0].trace_id;
    let spans = telemetry.spans(7, |span| span.trace_id == *trace).await;
    let expected = [
        ("pay", ""),
        ("publish memory", "pay"),
        ("process memory", "pay"),
        ("ack memory", "process memory"),
        ("publish memory", "process memory"),
        ("process memory", "process memory"),
    ];
    assert_eq!(tree(&spans), edges(&expected));
    assert_eq!(spans.len(), 7, "{spans:#?}");
}
