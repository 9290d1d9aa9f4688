//! The access tokens of senders (Web Hooks for Event Delivery, 3).

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use eventkit::binding::http::Problem;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode};
use percent_encoding::percent_decode_str;
use subtle::{Choice, ConstantTimeEq};

use crate::headers::ACCESS_TOKEN;

/// The valid access tokens; if there are none, senders need no token.
#[derive(Clone, Default)]
pub(super) struct AccessTokens(Vec<String>);

impl AccessTokens {
    pub(super) fn add(&mut self, token: String) {
        self.0.push(token);
    }

    /// Returns whether all tokens are legal in a header.
    pub(super) fn are_legal(&self) -> bool {
        let legal =
            |token: &String| !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
        self.0.iter().all(legal)
    }

    /// Checks the token of a request, in its headers or its query; returns whether the query
    /// contains it.
    pub(super) fn check(&self, parts: &Parts) -> Result<bool, Box<Response<Bytes>>> {
        if self.0.is_empty() {
            return Ok(false);
        }
        let in_headers = parts.headers.get_all(AUTHORIZATION).iter();
        let in_headers = in_headers.map(|value| Cow::from(bearer(value).unwrap_or_default()));
        let in_headers: Vec<Cow<'_, [u8]>> = in_headers.collect();
        let query = parts.uri.query().unwrap_or_default();
        let in_query = query.split('&').filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            (name == ACCESS_TOKEN).then(|| percent_decode_str(value).into())
        });
        let in_query: Vec<Cow<'_, [u8]>> = in_query.collect();
        match (&in_headers[..], &in_query[..]) {
            ([], []) => Err(unauthorized("Bearer", "the request has no access token")),
            ([token], []) if self.contains(token) => Ok(false),
            ([], [token]) if self.contains(token) => Ok(true),
            ([_], []) | ([], [_]) => Err(unauthorized(
                r#"Bearer error="invalid_token""#,
                "the access token of the request is not valid",
            )),
            _ => {
                let detail = "the request has more than one access token";
                let problem = Problem::new(StatusCode::BAD_REQUEST, "Ambiguous token", detail);
                Err(Box::new(problem.into()))
            }
        }
    }

    /// Compares with each token in constant time: the duration depends only on the lengths.
    fn contains(&self, token: &[u8]) -> bool {
        let none = Choice::from(0);
        let valid = self.0.iter();
        let found = valid.fold(none, |found, valid| found | valid.as_bytes().ct_eq(token));
        found.into()
    }
}

impl fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tokens", self.0.len())
    }
}

fn bearer(value: &HeaderValue) -> Option<&[u8]> {
    let (scheme, token) = value.as_bytes().split_at_checked("Bearer ".len())?;
    scheme
        .eq_ignore_ascii_case(b"Bearer ")
        .then(|| token.trim_ascii())
}

fn unauthorized(challenge: &'static str, detail: &str) -> Box<Response<Bytes>> {
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "Not authorized", detail);
    let mut response = Response::from(problem);
    let challenge = HeaderValue::from_static(challenge);
    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    Box::new(response)
}
