//! Checks of the order of messages.

use anyhow::{Result, bail};

use super::context::{TestContext, ack, numbers};
use super::outcome::Skip;

const COUNT: usize = 300;

pub(super) async fn keeps_order(context: &TestContext<'_>) -> Result<()> {
    if !context.fixture.keeps_order() {
        bail!(Skip("the transport does not keep the order"));
    }
    let mut subscription = context.subscription("ordered", &["ordered"]);
    subscription.max_in_flight = 16;
    let mut consumer = context.subscribe(&subscription).await?;
    context.publish_all("ordered", numbers(COUNT / 2)).await?;
    for number in numbers(COUNT / 2) {
        ack(context.expect(&mut *consumer, &number).await?).await?;
    }
    // The order must hold with several unsettled messages, and while more are published.
    let rest: Vec<String> = numbers(COUNT).skip(COUNT / 2).collect();
    let send = context.publish_all("ordered", rest.iter().cloned());
    let receive = async {
        for numbers in rest.chunks(10) {
            let mut open = Vec::new();
            for number in numbers {
                open.push(context.expect(&mut *consumer, number).await?);
            }
            // Acknowledged in reverse, because messages may be settled in any order.
            while let Some(incoming) = open.pop() {
                ack(incoming).await?;
            }
        }
        Ok(())
    };
    tokio::try_join!(send, receive)?;
    delivers_again_before_newer_messages(context).await
}

/// Checks that the messages of a lost consumer are delivered before newer ones, if the subscription
/// asks for this.
async fn delivers_again_before_newer_messages(context: &TestContext<'_>) -> Result<()> {
    let mut subscription = context.subscription("kept", &["kept"]);
    subscription.keeps_order = true;
    subscription.max_in_flight = 4;
    let mut consumer = context.subscribe(&subscription).await?;
    context.publish_all("kept", numbers(3)).await?;
    let mut lost = Vec::new();
    for number in numbers(3) {
        lost.push(context.expect(&mut *consumer, &number).await?);
    }
    drop((consumer, lost));
    let newer: Vec<String> = numbers(8).skip(3).collect();
    context.publish_all("kept", newer).await?;
    let mut consumer = context.subscribe(&subscription).await?;
    for number in numbers(8) {
        ack(context.expect(&mut *consumer, &number).await?).await?;
    }
    Ok(())
}
