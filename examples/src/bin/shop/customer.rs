//! A client that sends events to the shop in every content mode.

use eventkit::format::Json;
use eventkit::reqwest::RequestBuilderExt;
use eventkit::{BoxError, CloudEvent};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;

use crate::orders::{OrderCancelled, OrderPlaced, OrderShipped};

/// Sends requests one after another, and prints them with their responses.
pub(crate) async fn visit(url: &str) -> Result<(), BoxError> {
    // The shop is local, so a proxy from the environment must not be used.
    let client = Client::builder().no_proxy().build()?;
    let shop = || client.post(url);

    title("1. One event in binary mode: attributes as headers, data as body");
    let placed = order("A-1", 1_250).event_builder()?.id("1").build()?;
    send(shop().event(&placed)?).await?;

    title("2. One event in structured mode: the whole event as JSON in the body");
    let shipped = OrderShipped {
        order_id: "A-1".to_owned(),
        carrier: "bike".to_owned(),
    };
    let shipped = shipped.event_builder()?.id("2").build()?;
    send(shop().event_structured(&shipped, &Json)?).await?;

    title("3. Two events in one batch");
    let cancelled = OrderCancelled {
        order_id: "A-2".to_owned(),
        reason: "too late".to_owned(),
    };
    let batch = [
        order("A-2", 800).event_builder()?.id("3").build()?,
        cancelled.event_builder()?.id("4").build()?,
    ];
    send(shop().event_batch(&batch, &Json)?).await?;

    title("4. A handler fails: the others still run, and the response names it");
    let expensive = order("A-3", 999_900).event_builder()?.id("5").build()?;
    send(shop().event(&expensive)?).await?;

    title("5. A request without ce-id and ce-source is refused before any handler runs");
    let incomplete = shop().header("ce-specversion", "1.0");
    send(incomplete.header("ce-type", OrderPlaced::TYPE)).await
}

fn order(order_id: &str, total_cents: u64) -> OrderPlaced {
    OrderPlaced {
        order_id: order_id.to_owned(),
        customer: "ann".to_owned(),
        total_cents,
    }
}

fn title(text: &str) {
    println!("\n{text}");
}

async fn send(request: RequestBuilder) -> Result<(), BoxError> {
    let response = request.send().await?;
    println!("   answer: {}", response.status());
    if !response.status().is_success() {
        print_problem(response).await?;
    }
    Ok(())
}

async fn print_problem(response: Response) -> Result<(), BoxError> {
    let problem: Value = serde_json::from_str(&response.text().await?)?;
    for line in serde_json::to_string_pretty(&problem)?.lines() {
        println!("   {line}");
    }
    Ok(())
}
