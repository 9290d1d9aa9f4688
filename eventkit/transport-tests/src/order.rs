//! In which order messages come.

use super::Failure;
use super::trial::{Trial, ack, numbers};

const COUNT: usize = 300;

pub(super) async fn keeps_order(trial: &Trial<'_>) -> Result<(), Failure> {
    if !trial.setup.keeps_order() {
        return Err(Failure::NotMade("no order is promised"));
    }
    let mut subscription = trial.subscription("ordered", &["ordered"]);
    subscription.max_in_flight = 16;
    let mut consumer = trial.subscribe(&subscription).await?;
    trial.publish_all("ordered", numbers(COUNT / 2)).await?;
    for number in numbers(COUNT / 2) {
        ack(trial.expect(&mut *consumer, &number).await?).await?;
    }
    // In an order too where several are open at once, and where they come while more are sent.
    let rest: Vec<String> = numbers(COUNT).skip(COUNT / 2).collect();
    let send = trial.publish_all("ordered", rest.iter().cloned());
    let receive = async {
        let mut open = Vec::new();
        for number in &rest {
            open.push(trial.expect(&mut *consumer, number).await?);
            if open.len() == 10 {
                // The other way round: acknowledging has no order.
                while let Some(incoming) = open.pop() {
                    ack(incoming).await?;
                }
            }
        }
        while let Some(incoming) = open.pop() {
            ack(incoming).await?;
        }
        Ok(())
    };
    let (published, received) = tokio::join!(send, receive);
    published.and(received)
}
