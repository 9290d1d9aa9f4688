//! Events as HTTP requests.

use eventkit::Event;
use eventkit::binding::http::{self as binding, Message};
use eventkit::format::Json;
use eventkit::transport::with_causes;
use http::{Method, Request, Uri};

use super::Mode;
use super::answer::{Answer, Outcome};
use crate::failure::Failure;
use crate::http_client::{HttpClient, excerpt, parse_url};

/// A sender of events to a URL.
pub(super) struct HttpSender {
    client: HttpClient,
    url: Uri,
    mode: Mode,
}

impl HttpSender {
    pub(super) fn new(client: HttpClient, url: &str, mode: Mode) -> Result<Self, Failure> {
        let url = parse_url(url)?;
        Ok(Self { client, url, mode })
    }

    /// Sends the events of a request.
    pub(super) async fn send(&self, events: &[Event]) -> Answer {
        let message = match (self.mode, events) {
            (Mode::Binary, [event]) => binding::encode_binary(event),
            (Mode::Structured, [event]) => binding::encode_structured(event, &Json),
            _ => binding::encode_batch(events, &Json),
        };
        match message {
            Ok(message) => self.post(message).await,
            Err(error) => Answer::failed(Outcome::Refused, with_causes(&error)),
        }
    }

    async fn post(&self, message: Message) -> Answer {
        let mut request = Request::new(message.body.to_vec());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.url.clone();
        *request.headers_mut() = message.headers;
        let response = match self.client.send(request).await {
            Ok(response) => response,
            Err(error) => return Answer::failed(Outcome::Failed, error),
        };
        let status = response.status();
        let mut answer = Answer {
            status: Some(status.as_u16()),
            ..Answer::default()
        };
        if !status.is_success() {
            answer.outcome = Outcome::Refused;
            answer.error = Some(excerpt(&response)).filter(|text| !text.is_empty());
        }
        answer
    }
}
