//! `eventkit health`, and the HTTP client.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use eventkit::transport::with_causes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use reqwest::{Certificate, Client, Identity, Response, Url, redirect};
use serde_json::{Value, json};

use crate::address::VARIABLE;
use crate::broker::BrokerArguments;
use crate::failure::{Failure, Status};
use crate::output::{self, GREEN, Output, RED};

const EXAMPLES: &str = "\
Examples:
  eventkit health http://localhost:8080/ready
  eventkit health https://example.com/ready --timeout 3 && echo ready";

/// The maximum size of a response, in bytes.
const MAX_RESPONSE_BYTES: usize = 1024 * 1024;
/// The maximum length of an error in a response, in characters.
const MAX_EXCERPT_CHARS: usize = 500;

/// Asks a service whether it is ready, and prints the response
///
/// The exit code is 0 if the status is a success, and 1 if it is not.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Health {
    /// The URL of the endpoint
    #[arg(env = VARIABLE, hide_env_values = true)]
    url: String,
    #[command(flatten)]
    http: HttpArguments,
    #[command(flatten)]
    tls: BrokerArguments,
}

/// The settings of HTTP requests.
#[derive(Debug, Args)]
pub(crate) struct HttpArguments {
    /// A header of requests, such as 'x-api-key: secret'; may be repeated
    #[arg(
        short = 'H',
        long = "header",
        value_name = "HEADER",
        help_heading = "HTTP"
    )]
    headers: Vec<String>,
    /// The file with the bearer token; the variable `EVENTKIT_TOKEN` by default
    #[arg(long, value_name = "FILE", help_heading = "HTTP")]
    token_file: Option<PathBuf>,
    #[arg(long, env = "EVENTKIT_TOKEN", hide = true, hide_env = true)]
    token: Option<String>,
}

impl Health {
    pub(crate) async fn run(self, output: &mut Output) -> Result<(), Failure> {
        let url: Result<Url, _> = self.url.parse();
        let url = url.map_err(|error| Failure::usage(format!("the URL is malformed: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Failure::usage(
                "the URL must begin with http:// or https://",
            ));
        }
        let client = self.http.client(&self.tls)?;
        let response = client.get(url).send().await;
        let response = response.map_err(|error| Failure::connection(without_url(error)))?;
        let status = response.status();
        let body = body(response).await;
        print(status.is_success(), status.as_u16(), &body, output)?;
        if status.is_success() {
            return Ok(());
        }
        output.flush()?;
        output::note(format_args!("not ready: status {status}"));
        Err(Failure::reported(Status::Negative))
    }
}

/// Prints a response: JSON as it is, and any other text as a string.
fn print(is_ready: bool, status: u16, body: &[u8], output: &mut Output) -> Result<(), Failure> {
    let text = String::from_utf8_lossy(body);
    let value = serde_json::from_slice(body).unwrap_or_else(|_| Value::from(text.trim()));
    if output.is_json() {
        return output.json(&json!({ "ready": is_ready, "status": status, "body": value }));
    }
    let label = if is_ready {
        output.styled(GREEN, "ready")
    } else {
        output.styled(RED, "not ready")
    };
    output.line(format!("{label} (status {status})"))?;
    let pretty = match &value {
        Value::String(text) => text.replace(|c: char| c.is_control() && c != '\n', " "),
        value => serde_json::to_string_pretty(value).unwrap_or_default(),
    };
    if pretty.is_empty() {
        return Ok(());
    }
    output.line(pretty)
}

impl HttpArguments {
    /// Creates the client.
    pub(crate) fn client(&self, tls: &BrokerArguments) -> Result<Client, Failure> {
        // Another part of the program may have chosen the same provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("eventkit/", env!("CARGO_PKG_VERSION")))
            .default_headers(self.headers()?)
            // An event that is redirected would become a request without a body.
            .redirect(redirect::Policy::none())
            .timeout(tls.timeout());
        if let Some(path) = &tls.ca_cert {
            let pem = read(path)?;
            let roots = Certificate::from_pem_bundle(&pem);
            let roots = roots.map_err(|error| malformed(path, error))?;
            builder = builder.tls_certs_only(roots);
        }
        if let (Some(certificate), Some(key)) = (&tls.client_cert, &tls.client_key) {
            let pem = [read(certificate)?, read(key)?].concat();
            let identity = Identity::from_pem(&pem);
            builder = builder.identity(identity.map_err(|error| malformed(certificate, error))?);
        }
        let client = builder.build();
        client.map_err(|error| Failure::connection(without_url(error)))
    }

    fn headers(&self) -> Result<HeaderMap, Failure> {
        let mut headers = HeaderMap::new();
        let token = match &self.token_file {
            Some(path) => Some(String::from_utf8_lossy(&read(path)?).trim().to_owned()),
            None => self.token.clone(),
        };
        if let Some(token) = token {
            let value = secret(&format!("Bearer {token}"))
                .ok_or_else(|| Failure::usage("the token is not a valid header"))?;
            headers.insert(header::AUTHORIZATION, value);
        }
        for header in &self.headers {
            // The header may be a secret, so the error does not repeat it.
            let pair = header.split_once(':').and_then(|(name, value)| {
                let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
                Some((name, secret(value.trim())?))
            });
            let (name, value) = pair
                .ok_or_else(|| Failure::usage("a header is malformed, expected 'name: value'"))?;
            headers.append(name, value);
        }
        Ok(headers)
    }
}

/// Returns a header value that is not logged.
fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn read(path: &PathBuf) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::file(path.display(), &error))
}

fn malformed(path: &std::path::Path, error: reqwest::Error) -> Failure {
    Failure::data(format!("{}: {}", path.display(), without_url(error)))
}

/// Returns the text of an error without the URL, which may contain a password.
pub(crate) fn without_url(error: reqwest::Error) -> String {
    with_causes(&error.without_url())
}

/// Reads the body of a response, up to a limit; what was read before an error counts.
async fn body(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_RESPONSE_BYTES {
            body.truncate(MAX_RESPONSE_BYTES);
            break;
        }
    }
    body
}

/// Returns the beginning of a response as one line.
pub(crate) async fn excerpt(response: Response) -> String {
    let body = body(response).await;
    let text = String::from_utf8_lossy(&body);
    let line = text.trim().replace(char::is_control, " ");
    line.chars().take(MAX_EXCERPT_CHARS).collect()
}
