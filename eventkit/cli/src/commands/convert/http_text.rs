//! HTTP messages as text.

use bytes::Bytes;
use eventkit::binding::http::{self as binding, Message};
use eventkit::{DecodeError, Event, Limits};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, HeaderValue};
use httparse::{EMPTY_HEADER, Header, Request, Response, Status};

/// Decodes the events of a message. The first error is that of HTTP, the second that of CloudEvents.
pub(super) fn decode(text: &Bytes) -> Result<Result<Vec<Event>, DecodeError>, String> {
    let (headers, body_at) = parse(text)?;
    let mut body = text.slice(body_at..);
    if let Some(length) = headers.get(CONTENT_LENGTH) {
        let length = length.to_str().ok().and_then(|text| text.parse().ok());
        let length: usize = length.ok_or("the header `content-length` is not a number")?;
        if length > body.len() {
            return Err(format!(
                "the body has {} bytes, expected {length} by the header `content-length`",
                body.len()
            ));
        }
        body.truncate(length);
    }
    Ok(decode_message(&headers, body))
}

fn decode_message(headers: &HeaderMap, body: Bytes) -> Result<Vec<Event>, DecodeError> {
    let content_type = headers.get(http::header::CONTENT_TYPE);
    let is_batch = content_type.is_some_and(|value| {
        let value = value.as_bytes().to_ascii_lowercase();
        value.starts_with(b"application/cloudevents-batch")
    });
    if is_batch {
        binding::decode_batch(headers, body)
    } else {
        binding::decode(headers, body).map(|event| vec![event])
    }
}

/// Parses the start line, if there is one, and the headers; returns where the body begins.
fn parse(text: &[u8]) -> Result<(HeaderMap, usize), String> {
    let mut parsed = vec![EMPTY_HEADER; Limits::DEFAULT.headers];
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let first = first.trim_ascii_end();
    let status = if first.starts_with(b"HTTP/") {
        let mut response = Response::new(&mut parsed);
        let status = response.parse(text);
        status.map(|status| (status, response.headers.len()))
    } else if first.ends_with(b" HTTP/1.1") || first.ends_with(b" HTTP/1.0") {
        let mut request = Request::new(&mut parsed);
        let status = request.parse(text);
        status.map(|status| (status, request.headers.len()))
    } else {
        httparse::parse_headers(text, &mut parsed).map(|status| match status {
            Status::Complete((at, headers)) => (Status::Complete(at), headers.len()),
            Status::Partial => (Status::Partial, 0),
        })
    };
    match status {
        Ok((Status::Complete(at), count)) => Ok((to_map(&parsed[..count])?, at)),
        Ok((Status::Partial, _)) => {
            Err("the HTTP message has no empty line after its headers".to_owned())
        }
        Err(error) => Err(format!("malformed HTTP message: {error}")),
    }
}

fn to_map(headers: &[Header<'_>]) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::new();
    for header in headers {
        let name = HeaderName::from_bytes(header.name.as_bytes());
        let value = HeaderValue::from_bytes(header.value);
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(format!("malformed header `{}`", header.name.escape_debug()));
        };
        map.append(name, value);
    }
    Ok(map)
}

/// Encodes a message as a request.
pub(super) fn encode(message: &Message) -> Vec<u8> {
    let mut text = b"POST / HTTP/1.1\r\n".to_vec();
    for (name, value) in &message.headers {
        text.extend(name.as_str().as_bytes());
        text.extend(b": ");
        text.extend(value.as_bytes());
        text.extend(b"\r\n");
    }
    text.extend(format!("content-length: {}\r\n\r\n", message.body.len()).as_bytes());
    text.extend(&message.body);
    text
}
