//! A target with scripted responses.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use eventkit::transport::{BoxFuture, TransportError, TransportErrorKind};
use eventkit_webhook::{HttpClient, Sender, SenderBuilder};
use http::{Request, Response};
use tokio::time::Instant;

/// The response to a request.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Status(u16),
    After(u16, &'static str),
    Problem(u16, String),
    Silence,
    NoConnection,
}

use Answer::{After, NoConnection, Problem, Silence, Status};

pub(super) type Sent = Vec<(Request<Bytes>, Instant)>;

/// A target that responds with a list of answers and then with 204. It records the requests and
/// their times.
#[derive(Debug, Clone)]
pub(super) struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    pub(super) sent: Arc<Mutex<Sent>>,
}

impl Script {
    pub(super) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self {
            answers: Arc::new(Mutex::new(answers.into_iter().collect())),
            sent: Arc::default(),
        }
    }

    pub(super) fn sender(&self) -> SenderBuilder {
        Sender::to("https://example.com/events").client(self.clone())
    }

    pub(super) fn count(&self) -> usize {
        self.sent.lock().unwrap().len()
    }

    /// Returns the seconds between requests.
    pub(super) fn waits(&self) -> Vec<f64> {
        let sent = self.sent.lock().unwrap();
        let waits = sent.windows(2).map(|two| two[1].1 - two[0].1);
        waits.map(|wait| wait.as_secs_f64()).collect()
    }
}

impl HttpClient for Script {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        self.sent.lock().unwrap().push((request, Instant::now()));
        let answer = self.answers.lock().unwrap().pop_front();
        Box::pin(async move {
            let response = Response::builder();
            let response = match answer.unwrap_or(Status(204)) {
                Status(status) => response.status(status).body(Bytes::new()),
                After(status, after) => {
                    let response = response.status(status).header("retry-after", after);
                    response.body(Bytes::new())
                }
                Problem(status, body) => {
                    let content_type = "Application/Problem+JSON; charset=utf-8";
                    let response = response.status(status).header("content-type", content_type);
                    response.body(body.into())
                }
                Silence => std::future::pending().await,
                NoConnection => {
                    let kind = TransportErrorKind::Unavailable;
                    return Err(TransportError::new(kind, "no connection could be made"));
                }
            };
            Ok(response.unwrap())
        })
    }
}
