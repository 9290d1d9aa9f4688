//! What ended among the dead letters.

use std::collections::HashSet;

use eventkit::transport::TransportError;
use eventkit_service::{DeadLetter, DeadLetters};

use crate::setup::{Fate, Setup};
use crate::worker::{SERVICE, StreamConfig};

/// The dead letters of a row.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Letters {
    /// Different ones: pairs of handler and message.
    pub(crate) different: u64,
    /// Those that should not be there.
    pub(crate) healthy: u64,
    /// Those that were stored again.
    pub(crate) repeated: u64,
}

impl Letters {
    /// Looks at all letters on a server, and leaves them there.
    pub(crate) async fn on(stream: &StreamConfig, setup: &Setup) -> Result<Self, TransportError> {
        let letters = DeadLetters::new(stream.open().await?, SERVICE)
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

/// Returns what tells the message of a letter from others.
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
