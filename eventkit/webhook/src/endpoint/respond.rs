//! The handling of a request.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use eventkit::binding::http::{Problem, inherit_trace_context};
use eventkit::event::Event;
use eventkit::transport::{BoxFuture, TransportError};
use eventkit::{DecodeError, DecodeErrorKind};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use tokio::time::timeout_at;

use super::delivery_summary::{DeliverySummary, unavailable};
use super::lease_queue::{Outcome, OutcomeReceiver};
use super::shared::{Endpoint, Shared};
use crate::client::HttpClient;

/// A delivery of an event to a subscription, with its outcome pending.
type PendingDelivery = (Arc<str>, OutcomeReceiver);

impl Endpoint {
    /// Responds to a request, regardless of its path and host, once all of its events are handled.
    ///
    /// If the future is dropped, handlers that have received an event still finish.
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
            Ok(token) => self.shared.deliver(&parts.headers, body, token).await,
            Err(response) => *response,
        }
    }
}

impl HttpClient for Endpoint {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async { Ok(self.respond(request).await) })
    }
}

impl Shared {
    /// Checks everything in a request except its body, and returns whether the query contains a
    /// token. The error is the response, if the request ends here.
    pub(super) fn admit(&self, parts: &Parts) -> Result<bool, Box<Response<Bytes>>> {
        match parts.method {
            Method::POST => {}
            Method::OPTIONS if self.settings.origins.has_handshake() => {
                return Err(self.settings.origins.respond(parts).into());
            }
            _ => return Err(self.method_not_allowed(&parts.method).into()),
        }
        let has_query_token = self.settings.tokens.check(parts)?;
        self.settings.origins.check_delivery(parts)?;
        Ok(has_query_token)
    }

    fn method_not_allowed(&self, method: &Method) -> Response<Bytes> {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        let detail = format!("the method is {method}, expected POST");
        let mut response = Response::from(Problem::new(status, "Method not allowed", detail));
        let methods = self.settings.origins.methods();
        response.headers_mut().insert(ALLOW, methods);
        response
    }

    /// Delivers the events of a request to the subscriptions, and waits for the outcomes.
    pub(super) async fn deliver(
        &self,
        headers: &HeaderMap,
        body: Bytes,
        has_query_token: bool,
    ) -> Response<Bytes> {
        let mut events = match self.decoder.decode_batch(headers, body) {
            Ok(events) => events,
            Err(error) => return undecodable(headers, &error),
        };
        for event in &mut events {
            inherit_trace_context(event, headers);
        }
        if !self.table().is_ready() {
            let detail = "the endpoint is not accepting events";
            return unavailable(detail, self.settings.retry_after);
        }
        let summary = self.deliver_all(&events).await;
        let mut response = summary.to_response(self.settings.retry_after);
        // Shared caches must not store the response to a URL that contains a token (3.2).
        if has_query_token && response.status().is_success() {
            let private = HeaderValue::from_static("private");
            response.headers_mut().insert(CACHE_CONTROL, private);
        }
        response
    }

    async fn deliver_all(&self, events: &[Event]) -> DeliverySummary {
        let mut summary = DeliverySummary::default();
        let mut pending = VecDeque::new();
        for event in events {
            let subscriptions = self.table().matching_subscriptions(event.ty());
            for subscription in subscriptions {
                self.deliver_to(subscription, event, &mut pending, &mut summary)
                    .await;
            }
        }
        for delivery in pending {
            summary.add(self.outcome(delivery).await);
        }
        if summary.is_settled_by_termination() {
            let mut table = self.table();
            for event in events {
                table.forget_terminated(event);
            }
        }
        summary
    }

    /// Delivers an event to a subscription, or records in the summary why that is not possible.
    async fn deliver_to(
        &self,
        subscription: Arc<str>,
        event: &Event,
        pending: &mut VecDeque<PendingDelivery>,
        summary: &mut DeliverySummary,
    ) {
        loop {
            let admitted = self.table().admit(&subscription, event);
            let outcome = match admitted {
                Ok(outcome) => return pending.push_back((subscription, outcome)),
                Err(outcome) => outcome,
            };
            // A batch may be larger than the queue, so it waits for one of its own earlier events.
            let earlier = pending
                .iter()
                .position(|(other, _)| outcome == Outcome::Full && *other == subscription);
            match earlier.and_then(|index| pending.remove(index)) {
                Some(delivery) => summary.add(self.outcome(delivery).await),
                None => return summary.add(outcome),
            }
        }
    }

    /// Waits for the outcome of a delivery, for up to its `ack_wait`.
    async fn outcome(&self, (subscription, mut receiver): PendingDelivery) -> Outcome {
        loop {
            let deadline = self.table().expire_leases(&subscription);
            if let Some(outcome) = *receiver.borrow_and_update() {
                return outcome;
            }
            let changed = receiver.changed();
            let changed = match deadline {
                Some(deadline) => timeout_at(deadline, changed).await.unwrap_or(Ok(())),
                None => changed.await,
            };
            if changed.is_err() {
                return Outcome::Absent;
            }
        }
    }
}

/// Returns the response to a request that cannot be decoded.
fn undecodable(headers: &HeaderMap, error: &DecodeError) -> Response<Bytes> {
    let problem = Problem::from(error);
    if error.kind() != DecodeErrorKind::NotAnEvent || is_cloudevents(headers) {
        return problem.into();
    }
    // Neither `Content-Type` nor other headers declare an event, so the format is unsupported
    // (2.2).
    let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    Problem::new(status, problem.title(), problem.detail()).into()
}

fn is_cloudevents(headers: &HeaderMap) -> bool {
    const PREFIX: &[u8] = b"application/cloudevents";
    let content_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let prefix = content_type.and_then(|value| value.get(..PREFIX.len()));
    prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(PREFIX))
}
