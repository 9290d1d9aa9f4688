//! What a response says to a sender.

use std::fmt::{self, Write as _};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde::Deserialize;

use super::super::retry_after;
use eventkit::binding::http::Problem;
use eventkit::transport::{TransportError, TransportErrorKind};

/// How many characters of what a target says an error holds.
const MOST_OF_DETAIL: usize = 500;

/// Why an attempt has failed.
#[derive(Debug)]
pub(super) struct Refused {
    kind: TransportErrorKind,
    why: String,
    source: Option<TransportError>,
    pub(super) then: Then,
}

/// What is to be done after an attempt that has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// To try again, after the delay that the target has asked for, if any.
    Retry(Option<Duration>),
    /// As `Retry`, and to send nothing else before either (2.2).
    Hush(Duration),
    /// To give up.
    Stop,
    /// To give up, and to send nothing ever again (2.2).
    Gone,
}

impl Refused {
    pub(super) fn new(kind: TransportErrorKind, then: Then, why: impl Into<String>) -> Self {
        Self {
            kind,
            why: why.into(),
            source: None,
            then,
        }
    }

    /// Makes it of an error before any answer.
    pub(super) fn unanswered(error: TransportError) -> Self {
        let kind = error.kind();
        let then = match kind {
            TransportErrorKind::Unavailable => Then::Retry(None),
            _ => Then::Stop,
        };
        Self {
            source: Some(error),
            ..Self::new(kind, then, "there is no answer")
        }
    }

    /// Returns whether another try may help.
    pub(super) fn is_for_now(&self) -> bool {
        matches!(self.then, Then::Retry(_) | Then::Hush(_))
    }

    /// Makes the error of it: what was tried, why it failed, and what else there is to say.
    pub(super) fn into_error(self, what: &str, more: &str) -> TransportError {
        let error = TransportError::new(self.kind, format!("{what}: {self}{more}"));
        match self.source {
            Some(source) => error.with_source(source),
            None => error,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

/// Takes nothing but a success.
pub(super) fn check(response: &Response<Bytes>) -> Result<(), Refused> {
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let after = retry_after::read(response.headers(), SystemTime::now());
    let (kind, then) = match status {
        StatusCode::TOO_MANY_REQUESTS => (
            TransportErrorKind::Unavailable,
            after.map_or(Then::Retry(None), Then::Hush),
        ),
        StatusCode::REQUEST_TIMEOUT => (TransportErrorKind::Unavailable, Then::Retry(after)),
        StatusCode::GONE => (TransportErrorKind::Rejected, Then::Gone),
        // What is wrong with these is not the event.
        StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::NOT_FOUND
        | StatusCode::METHOD_NOT_ALLOWED
        | StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            (TransportErrorKind::Configuration, Then::Stop)
        }
        _ if status.is_server_error() => (TransportErrorKind::Unavailable, Then::Retry(after)),
        _ if status.is_client_error() => (TransportErrorKind::Rejected, Then::Stop),
        // Redirects, and what is no final answer.
        _ => (TransportErrorKind::Configuration, Then::Stop),
    };
    let mut text = format!("the answer is {status}");
    if let Some(detail) = detail(response.headers(), response.body()) {
        let _ = write!(text, ", {detail:?}");
    }
    if let Some(advice) = advice(status, response.headers()) {
        let _ = write!(text, "; {advice}");
    }
    Err(Refused::new(kind, then, text))
}

/// Says what to do, where that is known.
fn advice(status: StatusCode, headers: &HeaderMap) -> Option<String> {
    let advice = match status {
        StatusCode::GONE => "the target has been retired: nothing is sent to it any more",
        StatusCode::UNAUTHORIZED => "see `SenderBuilder::token`",
        StatusCode::FORBIDDEN => "see `SenderBuilder::token` and `SenderBuilder::origin`",
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
            "is the address that of a webhook?"
        }
        _ if status.is_redirection() => {
            let to = headers.get(LOCATION).map(HeaderValue::as_bytes);
            let to = shortened(&String::from_utf8_lossy(to.unwrap_or_default()));
            return Some(format!(
                "a redirect to {to:?} is not followed: send to the final address"
            ));
        }
        _ => return None,
    };
    Some(advice.to_owned())
}

/// Returns what a problem says (RFC 9457).
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
    Some(shortened(&text.collect::<Vec<_>>().join(": ")))
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(MOST_OF_DETAIL).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
