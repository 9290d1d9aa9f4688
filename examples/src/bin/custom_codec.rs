//! Adds a codec for a media type, so that typed handlers receive events with such data.

#![forbid(unsafe_code)]

use eventkit::codec::{self, Codec, ErasedDeserializer, ErasedSeed, ErasedSerialize};
use eventkit::{BoxError, CloudEvent, Event, handles};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A codec that writes a struct as lines of `field = value`, with values in JSON.
struct Lines;

impl Codec for Lines {
    fn media_type(&self) -> &'static str {
        "application/vnd.shop.lines"
    }

    fn encode(&self, value: &dyn ErasedSerialize) -> Result<Vec<u8>, BoxError> {
        let fields: Map<String, Value> = serde_json::from_value(serde_json::to_value(value)?)?;
        let lines = fields
            .iter()
            .map(|(name, value)| format!("{name} = {value}\n"));
        Ok(lines.collect::<String>().into_bytes())
    }

    fn decode(&self, bytes: &[u8], seed: &mut dyn ErasedSeed) -> Result<(), BoxError> {
        let mut fields = Map::new();
        for line in std::str::from_utf8(bytes)?.lines() {
            let (name, value) = line.split_once('=').ok_or("a line without `=`")?;
            fields.insert(name.trim().to_owned(), serde_json::from_str(value)?);
        }
        seed.deserialize(&mut <dyn ErasedDeserializer<'_>>::erase(Value::Object(
            fields,
        )))
    }
}

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "co.outcome.order.placed",
    source = "/shop/orders",
    datacontenttype = "application/vnd.shop.lines"
)]
struct OrderPlaced {
    order_id: String,
    total_cents: u64,
}

#[handles("co.outcome.order.placed")]
fn send_receipt(order: &OrderPlaced) {
    println!(
        "receipt for {}, {} cents",
        order.order_id, order.total_cents
    );
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    codec::register(Lines)?;

    let order = OrderPlaced {
        order_id: "A-1".to_owned(),
        total_cents: 1250,
    };
    let event = order.to_event()?;
    if let Some(data) = event.data() {
        println!("{}:", event.data_content_type().unwrap_or_default());
        print!("{}", String::from_utf8_lossy(data.as_bytes()));
    }
    eventkit::dispatch(&event)?;

    // For an event from elsewhere, its content type selects the codec.
    let event = Event::builder()
        .source("/elsewhere")
        .ty("co.outcome.order.placed")
        .data_content_type("application/vnd.shop.lines")
        .data_bytes("total_cents = 990\norder_id = \"B-7\"\n")
        .build()?;
    eventkit::dispatch(&event)?;
    Ok(())
}
