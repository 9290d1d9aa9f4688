use eventkit::BoxError;
use eventkit_nats::Nats;
use eventkit_service::DeadLetters;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let nats = Nats::connect("nats://127.0.0.1:4222")
        .stream("shop")
        .open()
        .await?;
    let letters = DeadLetters::new(nats, "shop");
    let replays = std::env::args().any(|argument| argument == "replay");
    for letter in letters.list().await? {
        println!("{letter}");
        if replays {
            letters.replay(&letter).await?;
        }
    }
    Ok(())
}
