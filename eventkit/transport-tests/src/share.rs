//! Several consumers of one subscription.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::timeout;

use super::Failure;
use super::trial::{Trial, ack, broken, ensure, numbers, refused, text};
use eventkit::transport::Consumer;

pub(super) async fn shares_among_consumers_of_one_name(trial: &Trial<'_>) -> Result<(), Failure> {
    let mut subscription = trial.subscription("shared", &["shared"]);
    subscription.max_in_flight = 1;
    subscription.ack_wait = trial.setup.patience() * 10;
    let other = trial.another().await?;
    let mut here = trial.subscribe(&subscription).await?;
    let mut there = other.subscribe(&subscription).await;
    let there = there
        .as_mut()
        .map_err(|error| refused("subscribe from another process", error))?;
    trial.publish_all("shared", numbers(4)).await?;

    // Each holds one, so neither is idle while the other works.
    for _ in 0..2 {
        let (first, second) = (
            trial.next(&mut *here).await?,
            trial.next(&mut **there).await?,
        );
        let texts = (text(&first)?, text(&second)?);
        ensure(texts.0 != texts.1, || format!("both got `{}`", texts.0))?;
        ack(first).await?;
        ack(second).await?;
    }
    let short = Duration::from_millis(300);
    trial.expect_nothing(&mut *here, short).await?;
    trial.expect_nothing(&mut **there, short).await
}

pub(super) async fn gives_concurrent_consumers_everything_once(
    trial: &Trial<'_>,
) -> Result<(), Failure> {
    const COUNT: usize = 400;
    let mut subscription = trial.subscription("crowd", &["crowd"]);
    subscription.max_in_flight = 8;
    // Nothing is given to two because it took long.
    subscription.ack_wait = trial.setup.patience() * 10;
    let mut consumers = Vec::new();
    for _ in 0..4 {
        consumers.push(trial.subscribe(&subscription).await?);
    }
    let came = Mutex::new(BTreeMap::new());
    let publish = trial.publish_all("crowd", numbers(COUNT));
    let [a, b, c, d] = &mut consumers[..] else {
        return Err(broken("four consumers"));
    };
    let (sent, a, b, c, d) = tokio::join!(
        publish,
        take(trial, &mut **a, &came, COUNT),
        take(trial, &mut **b, &came, COUNT),
        take(trial, &mut **c, &came, COUNT),
        take(trial, &mut **d, &came, COUNT),
    );
    sent.and(a).and(b).and(c).and(d)?;
    let came = came.into_inner().unwrap_or_default();
    let twice: Vec<_> = came.iter().filter(|(_, times)| **times > 1).collect();
    ensure(twice.is_empty(), || {
        format!("came more than once: {twice:?}")
    })
}

/// Takes and acknowledges messages until all have come to someone.
async fn take(
    trial: &Trial<'_>,
    consumer: &mut dyn Consumer,
    came: &Mutex<BTreeMap<String, u32>>,
    count: usize,
) -> Result<(), Failure> {
    let seen = || came.lock().map(|came| came.len()).unwrap_or_default();
    let mut idle = 0;
    while seen() < count {
        match timeout(Duration::from_millis(100), consumer.next()).await {
            Err(_) => {
                idle += 1;
                let waited = Duration::from_millis(100) * idle;
                ensure(waited < trial.setup.patience(), || {
                    format!("{} of {count} came", seen())
                })?;
            }
            Ok(Ok(Some(incoming))) => {
                idle = 0;
                let text = text(&incoming)?;
                ack(incoming).await?;
                if let Ok(mut came) = came.lock() {
                    *came.entry(text).or_default() += 1;
                }
            }
            Ok(Ok(None)) => return Err(broken("a consumer has ended")),
            Ok(Err(error)) => return Err(refused("a consumer is lost", &error)),
        }
    }
    Ok(())
}
