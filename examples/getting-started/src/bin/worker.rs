use eventkit::{BoxError, Dispatcher};
use eventkit_nats::Nats;
use eventkit_service::Service;
use shop::{Bank, SHOP};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let nats = Nats::connect("nats://127.0.0.1:4222")
        .stream("shop")
        .open()
        .await?;
    let limit_cents = match std::env::var("CARD_LIMIT") {
        Ok(limit) => limit.parse()?,
        Err(_) => 50_000,
    };
    let app = Dispatcher::new(&SHOP).state(Bank { limit_cents }).build()?;
    Service::new("shop", &app)
        .transport(nats)
        .build()?
        .run()
        .await?;
    Ok(())
}
