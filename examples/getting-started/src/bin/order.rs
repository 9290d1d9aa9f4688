use eventkit::BoxError;
use eventkit_nats::Nats;
use shop::OrderPlaced;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let order_id = arguments.next().ok_or("usage: order ID CENTS")?;
    let total_cents = arguments.next().ok_or("usage: order ID CENTS")?.parse()?;

    let nats = Nats::connect("nats://127.0.0.1:4222")
        .stream("shop")
        .open()
        .await?;
    nats.publish(&OrderPlaced {
        order_id,
        total_cents,
    })
    .await?;
    println!("the stream has stored the order");
    Ok(())
}
