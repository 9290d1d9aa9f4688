//! Commands to try: an event in each content mode.

use std::net::SocketAddr;

use eventkit::binding::http::{Message, encode_batch, encode_binary, encode_structured};
use eventkit::format::Json;
use eventkit::{BoxError, CloudEvent};

use crate::orders::{OrderCancelled, OrderPlaced};

/// Prints a `curl` command for each content mode.
pub(crate) fn print(address: SocketAddr) -> Result<(), BoxError> {
    let placed = OrderPlaced {
        order_id: "A-1".to_owned(),
        customer: "ann".to_owned(),
        total_cents: 1250,
    };
    let cancelled = OrderCancelled {
        order_id: "A-1".to_owned(),
        reason: "too late".to_owned(),
    };
    let placed = placed.event_builder()?.id("1").without_time().build()?;
    let cancelled = cancelled.event_builder()?.id("2").without_time().build()?;

    println!("{}\n", curl(address, &encode_binary(&placed)?));
    println!("{}\n", curl(address, &encode_structured(&placed, &Json)?));
    println!(
        "{}\n",
        curl(address, &encode_batch(&[placed, cancelled], &Json)?)
    );
    Ok(())
}

fn curl(address: SocketAddr, message: &Message) -> String {
    // These messages contain no single quotes, so they need no escapes.
    let headers = message.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        format!(" -H '{name}: {value}'")
    });
    let headers: String = headers.collect();
    let body = String::from_utf8_lossy(&message.body);
    format!("curl -i http://{address}/events{headers} -d '{body}'")
}
