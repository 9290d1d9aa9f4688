//! The names of exchanges and queues.

use std::time::Duration;

use eventkit::transport::TransportError;

/// The maximum length of names and routing keys of AMQP, in bytes.
pub(crate) const MAX_NAME: usize = 255;

/// The names of the exchanges and queues of a transport.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    /// The topic exchange of the events.
    pub(crate) events: String,
    /// The topic exchange of the messages of services: dead letters, replays, and returned messages.
    pub(crate) services: String,
    /// The headers exchange in front of the delay queues.
    pub(crate) delays: String,
    /// The stream of the subscriptions and delivery records.
    pub(crate) state: String,
}

impl Names {
    pub(crate) fn new(exchange: &str) -> Self {
        Self {
            events: exchange.to_owned(),
            services: format!("{exchange}.eventkit"),
            delays: format!("{exchange}.eventkit.delays"),
            state: format!("{exchange}.eventkit.state"),
        }
    }

    /// Returns the name of the queue of a subscription.
    pub(crate) fn queue(&self, subscription: &str) -> String {
        format!("{}.{subscription}", self.events)
    }

    /// Returns the name of the queue in which messages wait for a time.
    pub(crate) fn delay_queue(&self, delay: Duration) -> String {
        format!("{}.{}", self.delays, delay.as_millis())
    }
}

/// Checks a name that becomes part of the name of a queue.
pub(crate) fn check(kind: &str, name: &str) -> Result<(), TransportError> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !name.is_empty() && name.bytes().all(legal) {
        return Ok(());
    }
    Err(TransportError::configuration(format!(
        "the {kind} `{name}` is not a valid name: expected letters, digits, `-` and `_`"
    )))
}

/// Checks the name of the exchange, with which all other names begin.
pub(crate) fn check_exchange(name: &str) -> Result<(), TransportError> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    // The delay queues have the longest suffix.
    let is_valid = !name.is_empty() && name.len() <= 127 && name.bytes().all(legal);
    if is_valid && !name.starts_with("amq.") {
        return Ok(());
    }
    Err(TransportError::configuration(format!(
        "the exchange `{name}` is not a valid name: expected up to 127 letters, digits, `-`, `_`, `.` and \
         `:`, without the prefix `amq.`"
    )))
}

/// Returns a short string of AMQP. Callers have checked the length of the text, which is cut otherwise.
pub(crate) fn short(text: &str) -> lapin::types::ShortString {
    let mut end = text.len().min(MAX_NAME);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    lapin::types::ShortString::from(&text[..end])
}
