//! Requests to responses.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use tokio::time::{Instant, timeout_at};

use super::desk::Admission;
use super::origin::Refusal;
use super::queue::{Answer, Outcome};
use super::tally::{Tally, later, too_many};
use super::token::Found;
use super::{Endpoint, Shared};
use eventkit::binding::http::Problem;
use eventkit::event::Event;
use eventkit::{DecodeError, DecodeErrorKind};

/// An event that a subscription is working on.
struct Pending {
    subscription: Arc<str>,
    answer: Answer,
}

impl Endpoint {
    /// Answers a request, when all that it holds is handled.
    ///
    /// Dropping the future takes nothing back from handlers that have got an event. It looks neither
    /// at the path nor at the host.
    ///
    /// ```
    /// use eventkit::binding::http::encode_binary;
    /// use eventkit_webhook::Endpoint;
    /// use eventkit::transport::{Subscription, Transport};
    /// use eventkit::Event;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let endpoint = Endpoint::builder().build()?;
    /// let mut consumer = endpoint.subscribe(&Subscription::new("receipts", ["placed"])).await?;
    ///
    /// let event = Event::builder().source("/shop").ty("placed").build()?;
    /// let request = encode_binary(&event)?.request(http::Request::post("/events"))?;
    /// let (response, _) = tokio::join!(endpoint.respond(request), async {
    ///     let incoming = consumer.next().await?.expect("the event");
    ///     incoming.handle.ack().await
    /// });
    /// assert_eq!(response.status(), 204);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn respond(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        match self.shared.admit(&parts) {
            Ok(found) => self.shared.deliver(&parts.headers, body, found).await,
            Err(response) => *response,
        }
    }
}

impl Shared {
    /// Looks at all of a request but its body, and answers it where that is enough.
    pub(super) fn admit(&self, parts: &Parts) -> Result<Found, Box<Response<Bytes>>> {
        match parts.method {
            Method::POST => {}
            Method::OPTIONS if self.origins.has_handshake() => {
                return Err(self.origins.answer(parts).into());
            }
            _ => return Err(self.method_not_allowed(&parts.method).into()),
        }
        let found = self.tokens.check(parts)?;
        match self.origins.pass(parts, Instant::now()) {
            Ok(()) => {}
            Err(Refusal::Wrong(problem)) => return Err(Box::new(problem.into())),
            Err(Refusal::TooMany(wait)) => {
                return Err(too_many("the sender is over its rate", wait).into());
            }
        }
        Ok(found)
    }

    fn method_not_allowed(&self, method: &Method) -> Response<Bytes> {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        let detail = format!("events are sent with POST, not with {method}");
        let mut response = Response::from(Problem::new(status, "Method not allowed", detail));
        let methods = self.origins.methods();
        response.headers_mut().insert(ALLOW, methods);
        response
    }

    /// Gives the events of a request to the subscriptions, and waits for what becomes of them.
    pub(super) async fn deliver(
        &self,
        headers: &HeaderMap,
        body: Bytes,
        found: Found,
    ) -> Response<Bytes> {
        let events = match self.decoder.decode_batch(headers, body) {
            Ok(events) => events,
            Err(error) => return refuse(headers, &error),
        };
        if !self.desk().is_ready() {
            return later("the endpoint takes no events at present".into(), self.busy);
        }
        let tally = self.deliver_all(&events).await;
        let mut response = tally.answer(Instant::now(), self.busy);
        // A cache must not keep what came of an address with a token in it (3.2).
        if found == Found::Query && response.status().is_success() {
            let private = HeaderValue::from_static("private");
            response.headers_mut().insert(CACHE_CONTROL, private);
        }
        response
    }

    async fn deliver_all(&self, events: &[Event]) -> Tally {
        let mut tally = Tally::default();
        let mut pending = VecDeque::new();
        for event in events {
            let wanting = self.desk().wanting(event.ty());
            for subscription in wanting {
                self.deliver_to(subscription, event, &mut pending, &mut tally)
                    .await;
            }
        }
        for own in pending {
            tally.note(self.outcome(own).await);
        }
        tally
    }

    /// Gives an event to a subscription, or notes why not.
    async fn deliver_to(
        &self,
        subscription: Arc<str>,
        event: &Event,
        pending: &mut VecDeque<Pending>,
        tally: &mut Tally,
    ) {
        loop {
            let admitted = self.desk().admit(&subscription, event, Instant::now());
            let outcome = match admitted {
                Admission::Pending(answer) => {
                    let own = Pending {
                        subscription,
                        answer,
                    };
                    return pending.push_back(own);
                }
                Admission::Known(outcome) => outcome,
            };
            // A batch has room where one of its own has ended, however large it is.
            let own = pending
                .iter()
                .position(|own| outcome == Outcome::Full && own.subscription == subscription);
            match own.and_then(|at| pending.remove(at)) {
                Some(own) => tally.note(self.outcome(own).await),
                None => return tally.note(outcome),
            }
        }
    }

    /// Waits for what becomes of an event, which `ack_wait` bounds.
    async fn outcome(&self, pending: Pending) -> Outcome {
        let Pending {
            subscription,
            mut answer,
        } = pending;
        loop {
            let now = Instant::now();
            let deadline = self.desk().take_back_overdue(&subscription, now);
            if let Some(outcome) = *answer.borrow_and_update() {
                return outcome;
            }
            let changed = answer.changed();
            let changed = match deadline {
                Some(at) => timeout_at(at, changed).await.unwrap_or(Ok(())),
                None => changed.await,
            };
            if changed.is_err() {
                return Outcome::Absent;
            }
        }
    }
}

/// Answers what is no event.
fn refuse(headers: &HeaderMap, error: &DecodeError) -> Response<Bytes> {
    let problem = Problem::from(error);
    if error.kind() != DecodeErrorKind::NotAnEvent || is_cloudevents(headers) {
        return problem.into();
    }
    // Neither by its `Content-Type` nor by its headers does it claim to be an event: its format has
    // not been understood (2.2).
    let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    Problem::new(status, problem.title(), problem.detail()).into()
}

fn is_cloudevents(headers: &HeaderMap) -> bool {
    const PREFIX: &[u8] = b"application/cloudevents";
    let content_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let start = content_type.and_then(|value| value.get(..PREFIX.len()));
    start.is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}
