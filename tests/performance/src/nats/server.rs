//! A replacement for a NATS server with JetStream: one client, one stream, and one consumer at a
//! time.
//!
//! It runs on the runtime of the client, so that runs are deterministic, and is
//! [excluded](crate::excluded) from the counts.

use std::collections::{HashMap, VecDeque};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::Notify;

use super::frames::{self, Frame};
use crate::excluded::Excluded;

const INFO: &str = "INFO {\"server_id\":\"stub\",\"version\":\"2.11.0\",\"headers\":true,\
                    \"max_payload\":1048576,\"proto\":1,\"jetstream\":true}\r\n";

/// The creation time of everything.
const TIME: &str = "2026-01-31T09:30:00Z";

/// Decides whether messages are delivered.
#[derive(Debug, Clone, Default)]
pub(super) struct Gate(Arc<(AtomicBool, Notify)>);

impl Gate {
    /// Stops deliveries. Messages are still stored.
    pub(super) fn close(&self) {
        self.0.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn open(&self) {
        self.0.0.store(false, Ordering::Relaxed);
        self.0.1.notify_one();
    }

    fn is_closed(&self) -> bool {
        self.0.0.load(Ordering::Relaxed)
    }
}

/// The server, which runs until its runtime is dropped.
#[derive(Debug)]
pub(super) struct Server {
    address: SocketAddr,
    gate: Gate,
}

impl Server {
    pub(super) fn start(runtime: &Runtime) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port should be free");
        let address = listener.local_addr().expect("an address");
        listener.set_nonblocking(true).expect("a listener");
        let gate = Gate::default();
        runtime.spawn(Excluded::new(serve(listener, gate.clone())));
        Self { address, gate }
    }

    pub(super) fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    pub(super) fn gate(&self) -> Gate {
        self.gate.clone()
    }
}

async fn serve(listener: TcpListener, gate: Gate) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    let (mut stream, _) = listener.accept().await.expect("a client");
    let mut session = Session::default();
    session.output.extend_from_slice(INFO.as_bytes());
    let mut input = Vec::new();
    loop {
        if !gate.is_closed() {
            session.deliver();
        }
        send(&mut stream, &mut session.output).await;
        tokio::select! {
            biased;
            received = stream.read_buf(&mut input) => match received {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            },
            () = gate.0.1.notified() => {}
        }
        while let Some(frame) = frames::take(&mut input) {
            session.handle(frame);
        }
    }
}

async fn send(stream: &mut TcpStream, output: &mut Vec<u8>) {
    // The next read detects a disconnected client.
    let _ = stream.write_all(output).await;
    output.clear();
}

/// A message in the stream.
#[derive(Debug)]
struct Stored {
    sequence: u64,
    subject: String,
    headers: Vec<u8>,
    body: Vec<u8>,
}

/// The state of the server, and its pending output.
#[derive(Debug, Default)]
struct Session {
    /// Subjects, which may end with a wildcard, with the ids of their subscriptions.
    subscriptions: Vec<(String, String)>,
    /// The responses to requests for streams and consumers, by name.
    infos: HashMap<String, Value>,
    /// The last message of each subject in the transport's state stream.
    values: HashMap<String, (u64, Vec<u8>)>,
    last_sequence: u64,
    undelivered: VecDeque<Stored>,
    /// The number of messages that the consumer has requested, and the subject for them.
    requested: u64,
    inbox: String,
    consumer: String,
    output: Vec<u8>,
}

impl Session {
    fn handle(&mut self, frame: Frame) {
        match frame {
            Frame::Ping => self.output.extend_from_slice(b"PONG\r\n"),
            Frame::Subscribe { subject, id } => self.subscriptions.push((subject, id)),
            Frame::Publish {
                subject,
                reply: Some(reply),
                headers,
                body,
            } => self.publish(subject, reply, headers, body),
            Frame::Publish { .. } | Frame::Other => {}
        }
    }

    fn publish(&mut self, subject: String, reply: String, headers: Vec<u8>, body: Vec<u8>) {
        if let Some(call) = subject.strip_prefix("$JS.API.") {
            if let Some(consumer) = call.strip_prefix("CONSUMER.MSG.NEXT.") {
                self.request(consumer, reply, &body);
            } else {
                let answer = self.call(call, &body).to_string();
                self.answer(&reply, &answer);
            }
        } else if subject.starts_with("$JS.ACK.") {
            self.answer(&reply, "");
        } else {
            self.last_sequence += 1;
            let sequence = self.last_sequence;
            let stored = json!({ "stream": "events", "seq": sequence });
            if subject.starts_with("eventkit-") {
                self.values.insert(subject, (sequence, body));
            } else {
                self.undelivered.push_back(Stored {
                    sequence,
                    subject,
                    headers,
                    body,
                });
            }
            self.answer(&reply, &stored.to_string());
        }
    }

    fn request(&mut self, consumer: &str, reply: String, body: &[u8]) {
        let request: Value = serde_json::from_slice(body).expect("a request");
        self.requested += request["batch"].as_u64().expect("a number");
        self.inbox = reply;
        consumer.clone_into(&mut self.consumer);
    }

    /// Responds to an API request, whose subject contains the operation and names.
    fn call(&mut self, call: &str, body: &[u8]) -> Value {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let words: Vec<&str> = call.split('.').collect();
        match words[..] {
            ["STREAM", "CREATE", name] => {
                let state = json!({ "bytes": 0, "last_seq": 0 });
                let info = json!({ "config": body, "created": TIME, "state": state });
                self.infos.insert(name.to_owned(), info.clone());
                info
            }
            ["CONSUMER", "CREATE", stream, name, ..] => {
                let info = json!({
                    "config": body["config"],
                    "ack_floor": { "stream_seq": 0 },
                    "num_pending": 0,
                    "num_ack_pending": 0,
                });
                let name = format!("{stream}.{name}");
                self.infos.insert(name, info.clone());
                info
            }
            ["STREAM", "INFO", name] => self.info(name, 10059),
            ["CONSUMER", "INFO", stream, name] => self.info(&format!("{stream}.{name}"), 10014),
            ["STREAM", "MSG", "GET", _] => self.value(body["last_by_subj"].as_str()),
            _ => json!({ "success": true, "purged": 0 }),
        }
    }

    fn info(&self, name: &str, absent: u32) -> Value {
        let info = self.infos.get(name).cloned();
        info.unwrap_or_else(|| error(absent))
    }

    fn value(&self, subject: Option<&str>) -> Value {
        let found = subject.and_then(|subject| Some((subject, self.values.get(subject)?)));
        let Some((subject, (sequence, value))) = found else {
            return error(10037);
        };
        let data = BASE64_STANDARD.encode(value);
        json!({ "message": { "subject": subject, "seq": sequence, "data": data, "time": TIME } })
    }

    /// Sends the requested messages.
    fn deliver(&mut self) {
        while self.requested > 0
            && let Some(stored) = self.undelivered.pop_front()
        {
            self.requested -= 1;
            let Stored {
                sequence,
                subject,
                headers,
                body,
            } = stored;
            let pending = self.undelivered.len();
            let id = self.subscription(&self.inbox);
            let reply = format!(
                "$JS.ACK.{}.1.{sequence}.{sequence}.1769851800000000000.{pending}",
                self.consumer
            );
            let (header_size, size) = (headers.len(), headers.len() + body.len());
            let line = format!("HMSG {subject} {id} {reply} {header_size} {size}\r\n");
            let parts = [line.as_bytes(), &headers, &body, b"\r\n"];
            self.output.extend_from_slice(&parts.concat());
        }
    }

    fn answer(&mut self, reply: &str, body: &str) {
        let (id, size) = (self.subscription(reply), body.len());
        let message = format!("MSG {reply} {id} {size}\r\n{body}\r\n");
        self.output.extend_from_slice(message.as_bytes());
    }

    /// Returns the id of the client's subscription for a subject.
    fn subscription(&self, subject: &str) -> String {
        let matches = |own: &str| match own.strip_suffix('*') {
            Some(prefix) => subject.starts_with(prefix),
            None => subject == own,
        };
        let mut subscriptions = self.subscriptions.iter();
        let found = subscriptions.find(|(own, _)| matches(own));
        found.expect("a subscription").1.clone()
    }
}

fn error(code: u32) -> Value {
    json!({ "error": { "code": 404, "err_code": code, "description": "not found" } })
}
