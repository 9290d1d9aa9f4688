//! The HTTP client of `eventkit send` and `eventkit health`.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use eventkit::transport::with_causes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Uri, header};
use ureq::Agent;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use crate::broker::BrokerArguments;
use crate::failure::Failure;

/// The maximum size of a response, in bytes.
const MAX_RESPONSE_BYTES: u64 = 1024 * 1024;
/// The maximum length of an error in a response, in characters.
const MAX_EXCERPT_CHARS: usize = 500;

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

/// A client that adds the headers of the arguments to each request.
#[derive(Debug, Clone)]
pub(crate) struct HttpClient {
    agent: Agent,
    headers: HeaderMap,
}

impl HttpClient {
    /// Sends a request, and reads the body of the response up to a limit.
    ///
    /// # Errors
    ///
    /// Returns the text of an error if there is no response.
    pub(crate) async fn send(
        &self,
        mut request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, String> {
        let mut headers = self.headers.clone();
        // Those of the event have priority.
        headers.extend(std::mem::take(request.headers_mut()));
        *request.headers_mut() = headers;
        let agent = self.agent.clone();
        let response = tokio::task::spawn_blocking(move || {
            let (parts, body) = agent.run(request)?.into_parts();
            let mut bytes = Vec::new();
            // What was read before an error counts.
            let _ = body
                .into_reader()
                .take(MAX_RESPONSE_BYTES)
                .read_to_end(&mut bytes);
            Ok(Response::from_parts(parts, bytes))
        });
        match response.await {
            Ok(response) => response.map_err(|error: ureq::Error| with_causes(&error)),
            Err(error) => Err(with_causes(&error)),
        }
    }
}

impl HttpArguments {
    /// Creates the client.
    pub(crate) fn client(&self, tls: &BrokerArguments) -> Result<HttpClient, Failure> {
        let mut config = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier);
        if let Some(path) = &tls.ca_cert {
            config = config.root_certs(RootCerts::new_with_certs(&certificates(path)?));
        }
        if let (Some(certificate), Some(key)) = (&tls.client_cert, &tls.client_key) {
            let pem = read(key)?;
            let key = PrivateKey::from_pem(&pem).map_err(|error| malformed(key, &error))?;
            let client = ClientCert::new_with_certs(&certificates(certificate)?, key);
            config = config.client_cert(Some(client));
        }
        let agent = Agent::config_builder()
            .user_agent(concat!("eventkit/", env!("CARGO_PKG_VERSION")))
            .http_status_as_error(false)
            // An event that is redirected would become a request without a body.
            .max_redirects(0)
            .timeout_global(Some(tls.timeout()))
            .tls_config(config.build())
            .build();
        Ok(HttpClient {
            agent: agent.into(),
            headers: self.headers()?,
        })
    }

    fn headers(&self) -> Result<HeaderMap, Failure> {
        let mut headers = HeaderMap::new();
        let token = match &self.token_file {
            Some(path) => Some(String::from_utf8_lossy(&read(path)?).trim().to_owned()),
            // An empty variable is one that is not set.
            None => self.token.clone().filter(|token| !token.is_empty()),
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

/// Reads the certificates of a file in PEM.
fn certificates(path: &PathBuf) -> Result<Vec<Certificate<'static>>, Failure> {
    let mut certificates = Vec::new();
    for item in parse_pem(&read(path)?) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| malformed(path, &error))? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        let message = format!("{}: there is no certificate in PEM", path.display());
        return Err(Failure::data(message));
    }
    Ok(certificates)
}

fn malformed(path: &Path, error: &ureq::Error) -> Failure {
    Failure::data(format!("{}: {}", path.display(), with_causes(error)))
}

/// Parses a URL of HTTP. It may contain a password, so the error does not repeat it.
pub(crate) fn parse_url(url: &str) -> Result<Uri, Failure> {
    let uri: Uri = url
        .parse()
        .map_err(|error| Failure::usage(format!("the URL is malformed: {error}")))?;
    match uri.scheme_str() {
        Some("http" | "https") if uri.host().is_some_and(|host| !host.is_empty()) => Ok(uri),
        _ => Err(Failure::usage(
            "the URL must begin with http:// or https:// and a host",
        )),
    }
}

/// Returns the beginning of a response as one line.
pub(crate) fn excerpt(response: &Response<Vec<u8>>) -> String {
    let text = String::from_utf8_lossy(response.body());
    let line = text.trim().replace(char::is_control, " ");
    line.chars().take(MAX_EXCERPT_CHARS).collect()
}
