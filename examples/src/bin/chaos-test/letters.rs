//! The dead letters at the end of a row.

use std::collections::HashSet;

use eventkit::transport::TransportError;
use eventkit_service::{DeadLetter, DeadLetters};

use crate::broker_config::BrokerConfig;
use crate::setup::{Fate, Setup};
use crate::worker::SERVICE;

/// The dead letters of a row.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Letters {
    /// The number of distinct pairs of handler and message.
    pub(crate) different: u64,
    /// The number of dead letters of healthy events.
    pub(crate) healthy: u64,
    /// The number of duplicates.
    pub(crate) repeated: u64,
}

impl Letters {
    /// Lists all dead letters on a broker without changing them.
    pub(crate) async fn on(broker: &BrokerConfig, setup: &Setup) -> Result<Self, TransportError> {
        let letters = DeadLetters::new(broker.open().await?, SERVICE)
            .list()
            .await?;
        let mut seen = HashSet::new();
        let mut found = Self::default();
        for letter in &letters {
            let content = content(letter);
            let handler = letter.subscription.rsplit("--").next().unwrap_or_default();
            let fate = number(&content).map(|number| setup.fate_of(handler, number));
            if fate != Some(Fate::Dead) {
                found.healthy += 1;
            }
            if seen.insert((letter.subscription.clone(), content)) {
                found.different += 1;
            } else {
                found.repeated += 1;
            }
        }
        Ok(found)
    }
}

/// Returns the content that identifies the message of a dead letter.
fn content(letter: &DeadLetter) -> Vec<u8> {
    match (letter.event(), letter.message()) {
        (Some(event), _) => event.id().as_bytes().to_vec(),
        (None, Some(message)) => message.body.to_vec(),
        (None, None) => Vec::new(),
    }
}

/// Returns the number at the end of an id, such as `parcel-7`.
fn number(content: &[u8]) -> Option<u64> {
    let digits = content.rsplit(|byte| *byte == b'-').next()?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}
