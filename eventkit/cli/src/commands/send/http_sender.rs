//! Events as HTTP requests.

use eventkit::Event;
use eventkit::binding::http::{self, Message};
use eventkit::format::Json;
use eventkit::transport::with_causes;
use reqwest::{Client, Method, Url};

use super::Mode;
use super::answer::{Answer, Outcome};
use crate::commands::health::{excerpt, without_url};
use crate::failure::Failure;

/// A sender of events to a URL.
pub(super) struct HttpSender {
    client: Client,
    url: Url,
    mode: Mode,
}

impl HttpSender {
    pub(super) fn new(client: Client, url: &str, mode: Mode) -> Result<Self, Failure> {
        // The URL may contain a password, so the error does not repeat it.
        let url = url.parse();
        let url = url.map_err(|error| Failure::usage(format!("the URL is malformed: {error}")))?;
        Ok(Self { client, url, mode })
    }

    /// Sends the events of a request.
    pub(super) async fn send(&self, events: &[Event]) -> Answer {
        let message = match (self.mode, events) {
            (Mode::Binary, [event]) => http::encode_binary(event),
            (Mode::Structured, [event]) => http::encode_structured(event, &Json),
            _ => http::encode_batch(events, &Json),
        };
        match message {
            Ok(message) => self.post(message).await,
            Err(error) => Answer::failed(Outcome::Refused, with_causes(&error)),
        }
    }

    async fn post(&self, message: Message) -> Answer {
        let request = self.client.request(Method::POST, self.url.clone());
        let request = request.headers(message.headers).body(message.body);
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Answer::failed(Outcome::Failed, without_url(error)),
        };
        let status = response.status();
        let mut answer = Answer {
            status: Some(status.as_u16()),
            ..Answer::default()
        };
        if !status.is_success() {
            answer.outcome = Outcome::Refused;
            answer.error = Some(excerpt(response).await).filter(|text| !text.is_empty());
        }
        answer
    }
}
