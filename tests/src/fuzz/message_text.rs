//! Messages as text: a line for each header, an empty line, and the body.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

type Line<'a> = (&'a [u8], &'a [u8]);

/// Parses the headers and the body. Lines without a colon are ignored.
fn lines(bytes: &[u8]) -> (Vec<Line<'_>>, Bytes) {
    let mut headers = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n');
        let (line, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after.get(1..).unwrap_or_default();
        if line.is_empty() {
            break;
        }
        if let Some(colon) = line.iter().position(|byte| *byte == b':') {
            headers.push((&line[..colon], line[colon + 1..].trim_ascii()));
        }
    }
    (headers, Bytes::copy_from_slice(rest))
}

/// Parses an HTTP message. Lines that are not valid HTTP headers are ignored.
#[must_use]
pub fn http(bytes: &[u8]) -> (HeaderMap, Bytes) {
    let (lines, body) = lines(bytes);
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let (name, value) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value));
        if let (Ok(name), Ok(value)) = (name, value)
            && headers.try_append(name, value).is_err()
        {
            break;
        }
    }
    (headers, body)
}

/// Parses a Kafka message. Invalid UTF-8 in names of headers is replaced.
#[must_use]
pub fn kafka(bytes: &[u8]) -> (Vec<(String, Vec<u8>)>, Bytes) {
    let (lines, body) = lines(bytes);
    let headers = lines
        .into_iter()
        .map(|(name, value)| (String::from_utf8_lossy(name).into_owned(), value.to_vec()));
    (headers.collect(), body)
}

/// Parses a NATS message. Invalid UTF-8 in headers is replaced.
#[must_use]
pub fn nats(bytes: &[u8]) -> (Vec<(String, String)>, Bytes) {
    let (lines, body) = lines(bytes);
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let headers = lines
        .into_iter()
        .map(|(name, value)| (text(name), text(value)));
    (headers.collect(), body)
}
