//! Peers: programs that run another SDK and respond to requests.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use reqwest::{Client, RequestBuilder};
use serde::{Deserialize, Serialize};

use super::cell::{Mode, Sdk};
use super::description::Description;
use super::kafka::Record;
use super::receiver::serve;
use super::rust_sdk;

/// A request to a peer to send events.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) mode: Mode,
    pub(crate) to: String,
    pub(crate) events: Vec<Description>,
}

/// The response of a peer: the received events, a confirmation, a record of Kafka, or the error of
/// its SDK.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Answer {
    Events(Vec<Description>),
    Sent(bool),
    Record(Record),
    Error(String),
}

/// A running peer, which is killed on drop.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) sdk: Sdk,
    url: String,
    program: Option<Child>,
}

impl Peer {
    /// Starts the peer of an SDK.
    pub(crate) async fn start(sdk: Sdk) -> Self {
        let mut program = match sdk {
            Sdk::Rust => {
                let url = serve(rust_sdk::router()).await;
                let program = None;
                return Self { sdk, url, program };
            }
            Sdk::Python => {
                let mut program = Command::new(installed().join("python/bin/python"));
                program.arg(folder().join("sdks/python/peer.py"));
                program
            }
            Sdk::JavaScript => {
                let mut program = Command::new("node");
                program
                    .arg(folder().join("sdks/javascript/peer.cjs"))
                    .env("NODE_PATH", installed().join("javascript/node_modules"));
                program
            }
        };
        // A peer exits when its input is closed, so also if this process is killed.
        let program = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut program = program.unwrap_or_else(|error| panic!("the {sdk} peer: {error}"));
        let mut port = String::new();
        BufReader::new(program.stdout.take().unwrap())
            .read_line(&mut port)
            .unwrap();
        let port: u16 = port
            .trim()
            .parse()
            .expect("a peer should print its port first");
        Self {
            sdk,
            url: format!("http://127.0.0.1:{port}"),
            program: Some(program),
        }
    }

    /// Returns a request to which the peer responds with what it received.
    pub(crate) fn understand(&self, client: &Client) -> RequestBuilder {
        client.post(format!("{}/understand", self.url))
    }

    /// Returns a request to which the peer responds with the event of a record of Kafka.
    pub(crate) fn understand_record(&self, client: &Client, record: &Record) -> RequestBuilder {
        let record = serde_json::to_vec(record).unwrap();
        let request = client.post(format!("{}/kafka/understand", self.url));
        request.body(record)
    }

    /// Lets the peer encode an event as a record of Kafka.
    pub(crate) async fn record(&self, client: &Client, order: &Order) -> Answer {
        let order = serde_json::to_vec(order).unwrap();
        answer(
            client
                .post(format!("{}/kafka/record", self.url))
                .body(order),
        )
        .await
    }

    /// Lets the peer send.
    pub(crate) async fn send(&self, client: &Client, order: &Order) -> Answer {
        let order = serde_json::to_vec(order).unwrap();
        answer(client.post(format!("{}/send", self.url)).body(order)).await
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Some(program) = &mut self.program {
            // An error means that it has already exited.
            let _ = program.kill();
            let _ = program.wait();
        }
    }
}

/// Sends a request to a peer, and returns its response.
pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    let answer = request.send().await.expect("the peer should respond");
    let answer = answer.bytes().await.expect("the peer should respond");
    serde_json::from_slice(&answer).expect("the response should have the common format")
}

/// Installs the dependencies of the peers.
///
/// # Panics
///
/// Panics if they cannot be installed, with a message about what is missing.
pub(crate) fn prepare() {
    let output = Command::new(folder().join("prepare"))
        .arg(installed())
        .output();
    let output = output.unwrap_or_else(|error| panic!("tests/interop/prepare: {error}"));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "tests/interop/prepare failed\n{message}"
    );
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop")
}

/// Returns the directory of the installed dependencies.
fn installed() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("../interop")
}
