//! Who may send (Web Hooks for Event Delivery, 3).

use std::fmt;

use bytes::Bytes;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode};
use percent_encoding::percent_decode_str;
use subtle::{Choice, ConstantTimeEq};

use eventkit::binding::http::Problem;

/// The parameter of the query that holds a token (3.2).
pub(in super::super) const PARAMETER: &str = "access_token";

/// The tokens that a sender may have; without any, everybody may send.
#[derive(Clone, Default)]
pub(super) struct Tokens(Vec<String>);

/// Where a token that fits was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    NotAsked,
    Header,
    Query,
}

impl Tokens {
    pub(super) fn add(&mut self, token: String) {
        self.0.push(token);
    }

    /// Returns whether each of them can stand in a header.
    pub(super) fn are_legal(&self) -> bool {
        let legal =
            |token: &String| !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
        self.0.iter().all(legal)
    }

    /// Looks for the token of a request, in its header or in its query.
    pub(super) fn check(&self, parts: &Parts) -> Result<Found, Box<Response<Bytes>>> {
        if self.0.is_empty() {
            return Ok(Found::NotAsked);
        }
        let in_headers = parts.headers.get_all(AUTHORIZATION).iter();
        let mut found: Vec<(Found, Vec<u8>)> = in_headers
            .map(|value| (Found::Header, bearer(value).unwrap_or_default().to_vec()))
            .collect();
        let query = parts.uri.query().unwrap_or_default();
        let in_query = query.split('&').filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            (name == PARAMETER).then(|| (Found::Query, percent_decode_str(value).collect()))
        });
        found.extend(in_query);
        match &found[..] {
            [] => Err(refuse("Bearer", "the request has no access token")),
            [(place, token)] if self.has(token) => Ok(*place),
            [_] => Err(refuse(
                r#"Bearer error="invalid_token""#,
                "the access token of the request is not one that this endpoint knows",
            )),
            _ => {
                let detail = "the request has more than one access token";
                let problem = Problem::new(StatusCode::BAD_REQUEST, "Ambiguous token", detail);
                Err(Box::new(problem.into()))
            }
        }
    }

    /// Compares with each in a time that says nothing but whether the lengths are the same.
    fn has(&self, token: &[u8]) -> bool {
        let none = Choice::from(0);
        let known = self.0.iter();
        let fits = known.fold(none, |fits, own| fits | own.as_bytes().ct_eq(token));
        fits.into()
    }
}

impl fmt::Debug for Tokens {
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

fn refuse(challenge: &'static str, detail: &str) -> Box<Response<Bytes>> {
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "Not authorized", detail);
    let mut response = Response::from(problem);
    let challenge = HeaderValue::from_static(challenge);
    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    Box::new(response)
}
