//! A running shop, and raw HTTP without a client library.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::binaries;

/// A valid event in binary mode.
pub(crate) const PLACED: &[&str] = &[
    "ce-specversion: 1.0",
    "ce-id: 1",
    "ce-source: /curl",
    "ce-type: co.outcome.order.placed",
    "content-type: application/json",
];
/// The data of a valid event.
pub(crate) const ORDER: &str = r#"{"order_id":"A-1","customer":"ann","total_cents":1250}"#;
/// The handlers of the event, in the order in which they run.
pub(crate) const HANDLERS: [&str; 4] = [
    "shop::orders::send_receipt",
    "shop::orders::charge_card",
    "shop::orders::keep_timeline",
    "shop::orders::audit",
];

/// A running shop, which is stopped at the end of the test.
pub(crate) struct Shop {
    child: Child,
    address: String,
    /// The output after the suggested commands.
    pub(crate) log: Option<BufReader<ChildStdout>>,
    /// The suggested commands.
    pub(crate) commands: Vec<String>,
}

/// A response of the shop.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) json: Value,
}

impl Shop {
    /// Starts a shop on a free port.
    pub(crate) fn open() -> Self {
        let mut command = binaries::command("shop");
        command
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped());
        let mut child = command.spawn().expect("the shop should start");
        let printed = child.stdout.take().expect("the output should be piped");
        // From here on, the process is killed if the test fails.
        let mut shop = Self {
            child,
            address: String::new(),
            log: None,
            commands: Vec::new(),
        };
        let mut log = BufReader::new(printed);
        let mut lines = log
            .by_ref()
            .lines()
            .map(|line| line.expect("the output should be text"));
        let first = lines
            .next()
            .expect("the first line should contain the address");
        let url = first
            .strip_prefix("The shop listens on http://")
            .expect("an address");
        shop.address = url.chars().take_while(|&c| c != '/').collect();
        let commands = lines.filter(|line| line.starts_with("curl "));
        shop.commands = commands.take(3).collect();
        shop.log = Some(log);
        shop
    }

    /// Sends a request with a body, and reads the response.
    pub(crate) fn post(&self, headers: &[&str], body: &str) -> Answer {
        Answer::read(&self.exchange("POST /events", headers, body))
    }

    /// Sends a request, and returns the head and the body of the response.
    pub(crate) fn request(&self, line: &str, headers: &[&str], body: &str) -> (String, String) {
        let answer = self.exchange(line, headers, body);
        let (head, body) = parts(&answer);
        (head.to_owned(), body.to_owned())
    }

    fn exchange(&self, line: &str, headers: &[&str], body: &str) -> Vec<u8> {
        let length = format!("content-length: {}", body.len());
        let mut stream = self.connect(line, &[headers, &[&length]].concat());
        stream
            .write_all(body.as_bytes())
            .expect("the shop should read the body");
        let mut answer = Vec::new();
        stream
            .read_to_end(&mut answer)
            .expect("the shop should respond");
        answer
    }

    /// Sends a body in pieces until the shop responds, and returns the number of pieces.
    pub(crate) fn pour(&self, headers: &[&str], piece: &[u8], pieces: usize) -> (Answer, usize) {
        let mut stream = self.connect("POST /events", headers);
        let mut incoming = stream
            .try_clone()
            .expect("the stream should have a second handle");
        let reader = thread::spawn(move || {
            let mut answer = Vec::new();
            // The shop may reset the connection after its response. What was read before that
            // counts.
            let _ = incoming.read_to_end(&mut answer);
            answer
        });
        let mut sent = 0;
        while sent < pieces && !reader.is_finished() && stream.write_all(piece).is_ok() {
            sent += 1;
        }
        (
            Answer::read(&reader.join().expect("the response should be readable")),
            sent,
        )
    }

    /// Asserts that the shop still handles requests.
    #[track_caller]
    pub(crate) fn assert_open(&self) {
        let answer = self.post(PLACED, ORDER);
        assert_eq!(
            (answer.status, answer.handlers(0)),
            (200, HANDLERS.to_vec())
        );
    }

    /// Stops the shop with ctrl-c, and returns its exit code and the rest of its log.
    #[cfg(unix)]
    pub(crate) fn interrupt(mut self) -> (Option<i32>, String) {
        // The child was not waited for yet, so the id is still its own.
        let kill = format!("kill -INT {}", self.child.id());
        let status = std::process::Command::new("sh")
            .args(["-c", &kill])
            .status();
        assert!(status.expect("a shell").success());
        let mut rest = String::new();
        if let Some(log) = &mut self.log {
            log.read_to_string(&mut rest)
                .expect("the output should be text");
        }
        (self.child.wait().expect("it ends").code(), rest)
    }

    fn connect(&self, line: &str, headers: &[&str]) -> TcpStream {
        let mut stream =
            TcpStream::connect(&self.address).expect("the shop should accept connections");
        let patience = Some(Duration::from_secs(30));
        stream.set_read_timeout(patience).expect("a timeout");
        stream.set_write_timeout(patience).expect("a timeout");
        let mut head = format!(
            "{line} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n",
            self.address
        );
        for header in headers {
            head += header;
            head += "\r\n";
        }
        stream
            .write_all((head + "\r\n").as_bytes())
            .expect("the shop should read the headers");
        stream
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the head and the body of a response.
fn parts(response: &[u8]) -> (&str, &str) {
    let text = binaries::text(response);
    let parts = text.split_once("\r\n\r\n");
    parts.unwrap_or_else(|| panic!("no response: {text:?}"))
}

impl Answer {
    fn read(bytes: &[u8]) -> Self {
        let (head, body) = parts(bytes);
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let content_type = head
            .lines()
            .find_map(|line| line.strip_prefix("content-type: "));
        Self {
            status: status.unwrap_or_else(|| panic!("no status: {head}")),
            content_type: content_type.unwrap_or_default().to_owned(),
            json: serde_json::from_str(body)
                .unwrap_or_else(|error| panic!("{error}: {head}\r\n\r\n{body}")),
        }
    }

    /// Returns the handlers that ran for an event of the request.
    pub(crate) fn handlers(&self, event: usize) -> Vec<&str> {
        let handlers = self.json["events"][event]["handlers"].as_array();
        handlers
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }
}
