//! `eventkit health`.

use clap::Args;
use http::{Method, Request};
use serde_json::{Value, json};

use crate::address::VARIABLE;
use crate::broker::BrokerArguments;
use crate::failure::{Failure, Status};
use crate::http_client::{HttpArguments, parse_url};
use crate::output::{self, GREEN, Output, RED};

const EXAMPLES: &str = "\
Examples:
  eventkit health http://localhost:8080/ready
  eventkit health https://example.com/ready --timeout 3 && echo ready";

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

impl Health {
    pub(crate) async fn run(self, output: &mut Output) -> Result<(), Failure> {
        let client = self.http.client(&self.tls)?;
        let uri = parse_url(&self.url)?;
        // The URL may contain credentials: the message names only its host.
        let host = uri.host().unwrap_or_default().to_owned();
        let host = match uri.port() {
            Some(port) => format!("{host}:{port}"),
            None => host,
        };
        let mut request = Request::new(Vec::new());
        *request.method_mut() = Method::GET;
        *request.uri_mut() = uri;
        let response = client
            .send(request)
            .await
            .map_err(|error| Failure::connection(format!("{host} did not respond: {error}")))?;
        let status = response.status();
        print(
            status.is_success(),
            status.as_u16(),
            response.body(),
            output,
        )?;
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
