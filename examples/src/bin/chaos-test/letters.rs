//! What ended among the dead letters.

use std::collections::HashSet;

use eventkit::transport::TransportError;
use eventkit_service::DeadLetters;

use crate::fault::is_poison;
use crate::worker::{SERVICE, connect};

/// The dead letters of a row.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Letters {
    /// Different ones: pairs of handler and message.
    pub(crate) different: u64,
    /// Those of events that were healthy.
    pub(crate) healthy: u64,
    /// Those that were stored again.
    pub(crate) repeated: u64,
}

impl Letters {
    /// Looks at all letters on a server, and leaves them there.
    pub(crate) async fn on(url: &str) -> Result<Self, TransportError> {
        let letters = DeadLetters::new(connect(url).await?, SERVICE)
            .list()
            .await?;
        let mut seen = HashSet::new();
        let mut found = Self::default();
        for letter in &letters {
            let content = match (letter.event(), letter.message()) {
                (Some(event), _) => event.id().as_bytes().to_vec(),
                (None, Some(message)) => message.body.to_vec(),
                (None, None) => Vec::new(),
            };
            let number = content.rsplit(|byte| *byte == b'-').next();
            let number = number.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
            if number.is_none_or(|number| !is_poison(number)) {
                found.healthy += 1;
            }
            if seen.insert((letter.handler.clone(), content)) {
                found.different += 1;
            } else {
                found.repeated += 1;
            }
        }
        Ok(found)
    }
}
