//! The response of a server that refuses a request.

use std::fmt;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;

use crate::error::{BuildError, DecodeError, DecodeErrorKind, EncodeError, with_causes};
use crate::event::Violation;

/// A description of a refused request as JSON (RFC 9457, `application/problem+json`).
///
/// | problem | status |
/// | --- | --- |
/// | malformed message, not an event, invalid attributes, unsupported specversion, malformed JSON data | 400 |
/// | message exceeds one of the [`Limits`](crate::Limits), or the body limit of the server | 413 |
/// | no format or codec for the media type, or a `Content-Encoding` | 415 |
/// | unexpected event type, or data of the wrong structure | 422 |
/// | response that cannot be encoded | 500 |
///
/// ```
/// use eventkit::Event;
/// use eventkit::binding::http::{Problem, decode};
///
/// let error = decode(&http::HeaderMap::new(), "{}".into()).unwrap_err();
/// let problem = Problem::from(&error);
/// assert_eq!(problem.status(), http::StatusCode::BAD_REQUEST);
/// assert!(problem.detail().starts_with("not a CloudEvents message"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    title: &'static str,
    detail: String,
    violations: Vec<Violation>,
}

#[derive(Serialize)]
struct Body<'a> {
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    violations: Vec<Member<'a>>,
}

#[derive(Serialize)]
struct Member<'a> {
    attribute: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    expected: &'a str,
    section: &'a str,
}

impl fmt::Display for Problem {
    /// Writes the title and the detail in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.title, self.detail)
    }
}

impl Problem {
    /// The media type of the body.
    pub const CONTENT_TYPE: &'static str = "application/problem+json";

    /// Creates a problem from a status, a title and a detail.
    #[must_use]
    pub fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            title,
            detail: detail.into(),
            violations: Vec::new(),
        }
    }

    /// Returns the status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the same problem with a different detail.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Returns the kind of problem, in a few words.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// Returns the violations of the attributes; empty for other kinds of problems.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Returns a one-sentence description of this occurrence of the problem.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Returns the body of the response.
    #[must_use]
    pub fn to_json(&self) -> Bytes {
        let violations = self.violations.iter().map(|violation| Member {
            attribute: violation.attribute(),
            value: violation.value(),
            expected: violation.expected(),
            section: violation.section(),
        });
        let body = Body {
            title: self.title,
            status: self.status.as_u16(),
            detail: &self.detail,
            violations: violations.collect(),
        };
        // Strings and numbers can always be represented in JSON.
        serde_json::to_vec(&body).unwrap_or_default().into()
    }
}

impl From<&DecodeError> for Problem {
    fn from(error: &DecodeError) -> Self {
        let (status, title) = match error.kind() {
            DecodeErrorKind::Malformed => (StatusCode::BAD_REQUEST, "Malformed message"),
            DecodeErrorKind::NotAnEvent => (StatusCode::BAD_REQUEST, "Not a CloudEvents message"),
            DecodeErrorKind::SpecVersion => (StatusCode::BAD_REQUEST, "Unsupported specversion"),
            DecodeErrorKind::Invalid => (StatusCode::BAD_REQUEST, "Invalid event"),
            DecodeErrorKind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Message too large"),
            DecodeErrorKind::UnsupportedMediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported media type")
            }
            DecodeErrorKind::UnexpectedType => {
                (StatusCode::UNPROCESSABLE_ENTITY, "Unexpected event type")
            }
            DecodeErrorKind::Data if error.is_malformed_json_data() => {
                (StatusCode::BAD_REQUEST, "Malformed data")
            }
            DecodeErrorKind::Data => (StatusCode::UNPROCESSABLE_ENTITY, "Invalid data"),
        };
        let mut problem = Self::new(status, title, with_causes(error));
        problem.violations = error.violations().to_vec();
        problem
    }
}

impl From<&EncodeError> for Problem {
    /// Describes a response that the server could not encode.
    fn from(error: &EncodeError) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Event cannot be encoded",
            with_causes(error),
        )
    }
}

impl From<DecodeError> for Problem {
    fn from(error: DecodeError) -> Self {
        Self::from(&error)
    }
}

impl From<EncodeError> for Problem {
    fn from(error: EncodeError) -> Self {
        Self::from(&error)
    }
}

impl From<BuildError> for Problem {
    fn from(error: BuildError) -> Self {
        Self::from(EncodeError::from(error))
    }
}

impl From<Problem> for Response<Bytes> {
    fn from(problem: Problem) -> Self {
        let mut response = Response::new(problem.to_json());
        *response.status_mut() = problem.status;
        let value = HeaderValue::from_static(Problem::CONTENT_TYPE);
        response.headers_mut().insert(CONTENT_TYPE, value);
        response
    }
}
