//! The response of a target, and the next step of the sender.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use eventkit::binding::http::Problem;
use eventkit::transport::{TransportError, TransportErrorKind};
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde::Deserialize;

use crate::headers::parse_retry_after;

/// The maximum length of a response in an error message, in characters.
const MAX_DETAIL_LENGTH: usize = 500;

/// A failed attempt.
#[derive(Debug)]
pub(super) struct FailedAttempt {
    pub(super) reason: String,
    source: Option<TransportError>,
    pub(super) next_step: NextStep,
}

/// The next step after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NextStep {
    /// Retry, after the delay that the target requested, if any.
    Retry(Option<Duration>),
    /// Retry after this delay, and pause all other requests too (2.2).
    Pause(Duration),
    /// Give up with an error of this kind.
    Stop(TransportErrorKind),
    /// Give up, and never send to the target again (2.2).
    Retire,
}

impl FailedAttempt {
    pub(super) fn new(next_step: NextStep, reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            source: None,
            next_step,
        }
    }

    /// Creates the failure of a request without a response.
    pub(super) fn without_response(error: TransportError) -> Self {
        let next_step = match error.kind() {
            TransportErrorKind::Unavailable => NextStep::Retry(None),
            kind => NextStep::Stop(kind),
        };
        Self {
            source: Some(error),
            ..Self::new(next_step, "there is no response")
        }
    }

    /// Returns whether a retry may help.
    pub(super) fn is_retriable(&self) -> bool {
        matches!(self.next_step, NextStep::Retry(_) | NextStep::Pause(_))
    }

    /// Converts this to an error with the operation, the reason and the details.
    pub(super) fn into_error(self, operation: &str, details: &str) -> TransportError {
        let kind = match self.next_step {
            NextStep::Retry(_) | NextStep::Pause(_) => TransportErrorKind::Unavailable,
            NextStep::Stop(kind) => kind,
            NextStep::Retire => TransportErrorKind::Rejected,
        };
        let message = format!("{operation}: {}{details}", self.reason);
        let error = TransportError::new(kind, message);
        match self.source {
            Some(source) => error.with_source(source),
            None => error,
        }
    }
}

/// Returns an error unless the response is a success.
pub(super) fn check(response: &Response<Bytes>) -> Result<(), FailedAttempt> {
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let retry_after = parse_retry_after(response.headers(), SystemTime::now());
    let next_step = match status {
        StatusCode::TOO_MANY_REQUESTS => retry_after.map_or(NextStep::Retry(None), NextStep::Pause),
        StatusCode::GONE => NextStep::Retire,
        // These are not caused by the event.
        StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::NOT_FOUND
        | StatusCode::METHOD_NOT_ALLOWED
        | StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            NextStep::Stop(TransportErrorKind::Configuration)
        }
        _ if status == StatusCode::REQUEST_TIMEOUT || status.is_server_error() => {
            NextStep::Retry(retry_after)
        }
        _ if status.is_client_error() => NextStep::Stop(TransportErrorKind::Rejected),
        // Redirects, and informational responses.
        _ => NextStep::Stop(TransportErrorKind::Configuration),
    };
    let mut text = format!("the response is {status}");
    if let Some(detail) = detail(response.headers(), response.body()) {
        let _ = write!(text, ", {detail:?}");
    }
    if let Some(advice) = advice(status, response.headers()) {
        let _ = write!(text, "; {advice}");
    }
    Err(FailedAttempt::new(next_step, text))
}

/// Returns what the user should do about a status, if that is known.
fn advice(status: StatusCode, headers: &HeaderMap) -> Option<String> {
    let advice = match status {
        StatusCode::GONE => "the target is retired, so the sender stops sending to it",
        StatusCode::UNAUTHORIZED => "see `SenderBuilder::token`",
        StatusCode::FORBIDDEN => "see `SenderBuilder::token` and `SenderBuilder::origin`",
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
            "check that the URL belongs to a webhook"
        }
        _ if status.is_redirection() => {
            let to = headers.get(LOCATION).map(HeaderValue::as_bytes);
            let to = truncate(&String::from_utf8_lossy(to.unwrap_or_default()));
            return Some(format!(
                "the redirect to {to:?} is not followed: send to the final URL"
            ));
        }
        _ => return None,
    };
    Some(advice.to_owned())
}

/// Returns the title and the detail of a problem (RFC 9457).
fn detail(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Body {
        title: Option<String>,
        detail: Option<String>,
    }
    let content_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = content_type.split(';').next()?.trim();
    if !essence.eq_ignore_ascii_case(Problem::CONTENT_TYPE) {
        return None;
    }
    let Body { title, detail } = serde_json::from_slice(body).ok()?;
    let text = [title, detail].into_iter().flatten();
    Some(truncate(&text.collect::<Vec<_>>().join(": ")))
}

fn truncate(text: &str) -> String {
    let mut short: String = text.chars().take(MAX_DETAIL_LENGTH).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
