//! How a transport is set up.

use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, ConnectErrorKind, ConnectOptions, ServerAddr};

use super::api::{Api, text};
use super::message::Mode;
use super::stream::StreamSettings;
use super::{Nats, Shared, Storage, subject, unavailable};
use eventkit::binding::nats::with_limits;
use eventkit::event::Limits;
use eventkit::format::Format;
use eventkit::transport::{TransportError, TransportErrorKind};

/// Sets up a [`Nats`]; made by [`Nats::connect`] and [`Nats::client`].
#[must_use = "a builder makes nothing until `open` is called"]
#[derive(Debug)]
pub struct NatsBuilder {
    server: Server,
    stream: StreamSettings,
    prefix: Option<String>,
    domain: Option<String>,
    mode: Mode,
    limits: Limits,
    timeout: Duration,
    heartbeat: Duration,
    max_unsettled: usize,
    updates_consumers: bool,
}

#[derive(Debug)]
enum Server {
    Urls(String, Box<Option<ConnectOptions>>),
    Client(Client),
}

impl NatsBuilder {
    fn new(server: Server) -> Self {
        Self {
            server,
            stream: StreamSettings {
                name: "events".to_owned(),
                storage: Storage::File,
                duplicate_window: Duration::from_mins(2),
                replicas: None,
                max_age: None,
                max_bytes: None,
            },
            prefix: None,
            domain: None,
            mode: Mode::Binary,
            limits: Limits::DEFAULT,
            timeout: Duration::from_secs(5),
            heartbeat: Duration::from_secs(5),
            max_unsettled: 10_000,
            updates_consumers: false,
        }
    }

    pub(super) fn of_urls(urls: String) -> Self {
        Self::new(Server::Urls(urls, Box::new(None)))
    }

    pub(super) fn of_client(client: Client) -> Self {
        Self::new(Server::Client(client))
    }

    /// Sets how to connect: credentials, TLS, names; without effect for an existing client.
    ///
    /// The default options reconnect without end, with growing delays of up to 5 seconds that are
    /// different for each client. Options given here replace all of them.
    pub fn options(mut self, options: ConnectOptions) -> Self {
        if let Server::Urls(_, own) = &mut self.server {
            **own = Some(options);
        }
        self
    }

    /// Sets the name of the stream; `events` by default.
    pub fn stream(mut self, name: impl Into<String>) -> Self {
        self.stream.name = name.into();
        self
    }

    /// Sets what all subjects begin with; the name of the stream by default.
    pub fn subject_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Sets the `JetStream` domain, where the stream is on another one than the server's.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Sets where the stream keeps its messages; in files by default.
    pub fn storage(mut self, storage: Storage) -> Self {
        self.stream.storage = storage;
        self
    }

    /// Sets how long the stream remembers ids, to find duplicates; 2 minutes by default.
    pub fn duplicate_window(mut self, window: Duration) -> Self {
        self.stream.duplicate_window = window;
        self
    }

    /// Sets how many servers keep each message; 1 where the stream is made, and any where it is
    /// there, by default.
    pub fn replicas(mut self, replicas: usize) -> Self {
        self.stream.replicas = Some(replicas);
        self
    }

    /// Sets after what time messages are deleted, handled or not; never by default.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.stream.max_age = Some(age);
        self
    }

    /// Sets how large the stream may become; without a limit by default.
    ///
    /// A full stream refuses what is published, and deletes nothing to make room: without
    /// [`max_age`](Self::max_age) it stays full.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.stream.max_bytes = Some(bytes);
        self
    }

    /// Publishes in structured content mode; binary by default. Both are read whatever is set.
    pub fn structured(mut self, format: impl Format) -> Self {
        self.mode = Mode::Structured(Arc::new(format));
        self
    }

    /// Sets how much of a message is taken; [`Limits::DEFAULT`] by default.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets how long the server may take to confirm something; 5 seconds by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how often the server shows that it is there while nothing comes; 5 seconds by default,
    /// and 100 milliseconds at least.
    ///
    /// A consumer whose server has fallen silent is lost after two of them. A broken connection is
    /// noticed at once.
    pub fn heartbeat(mut self, heartbeat: Duration) -> Self {
        self.heartbeat = heartbeat.max(Duration::from_millis(100));
        self
    }

    /// Sets how many messages one subscription may have unsettled on the server, those that wait
    /// for their delay and those of all its consumers together; 10,000 by default.
    ///
    /// Where that many wait, nothing else is delivered to the subscription.
    pub fn max_unsettled(mut self, most: usize) -> Self {
        self.max_unsettled = most;
        self
    }

    /// Changes consumers on the server whose patterns, `ack_wait` or `max_unsettled` are not what
    /// is asked for; by default they are refused.
    ///
    /// It keeps how far the consumer has come. New patterns only see what comes after that point;
    /// they need a server of 2.10, and are refused before.
    pub fn update_consumers(mut self) -> Self {
        self.updates_consumers = true;
        self
    }

    /// Connects, and makes the stream where it is absent.
    ///
    /// # Errors
    ///
    /// Where the server cannot be reached, is older than 2.9, or has a stream of the name that does
    /// not fit; the error names each setting with what was found and what is wanted.
    pub async fn open(self) -> Result<Nats, TransportError> {
        let prefix = self.prefix.unwrap_or_else(|| self.stream.name.clone());
        check_name("stream", &self.stream.name)?;
        subject::check_prefix(&prefix).map_err(|expected| {
            configuration(format!("the subject prefix `{prefix}`: {expected}"))
        })?;
        let client = match self.server {
            Server::Client(client) => client,
            Server::Urls(urls, options) => connect(&urls, *options).await?,
        };
        if !client.is_server_compatible(2, 9, 0) {
            let version = client.server_info().version;
            let what = format!("the server is NATS {version}, wanted is 2.9 or later");
            return Err(configuration(what));
        }
        let api = match self.domain {
            Some(domain) => {
                check_name("domain", &domain)?;
                format!("$JS.{domain}.API")
            }
            None => "$JS.API".to_owned(),
        };
        let shared = Shared {
            api: Api {
                client,
                prefix: api,
                timeout: self.timeout,
            },
            stream: self.stream,
            prefix,
            mode: self.mode,
            decoder: with_limits(self.limits),
            heartbeat: self.heartbeat,
            max_unsettled: self.max_unsettled,
            updates_consumers: self.updates_consumers,
        };
        shared.stream.ensure(&shared.api, &shared.prefix).await?;
        Ok(Nats {
            shared: Arc::new(shared),
        })
    }
}

/// Checks a name that becomes a token of subjects.
pub(super) fn check_name(what: &str, name: &str) -> Result<(), TransportError> {
    let mut bytes = name.bytes();
    if !name.is_empty()
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    {
        return Ok(());
    }
    let what = format!("the {what} `{name}`: a name is letters, digits, `-` and `_`");
    Err(configuration(what))
}

pub(super) fn configuration(what: String) -> TransportError {
    TransportError::new(TransportErrorKind::Configuration, what)
}

async fn connect(urls: &str, options: Option<ConnectOptions>) -> Result<Client, TransportError> {
    let servers: Result<Vec<ServerAddr>, _> =
        urls.split(',').map(|url| url.trim().parse()).collect();
    let servers = servers.map_err(|error: std::io::Error| {
        configuration("the URL of the NATS server".to_owned()).with_source(error)
    })?;
    let options = options.unwrap_or_else(default_options);
    // The URLs as they came may hold passwords.
    let places: Vec<String> = servers
        .iter()
        .map(|server| format!("{}:{}", server.host(), server.port()))
        .collect();
    options.connect(servers).await.map_err(|error| {
        let what = format!("connect to the NATS server at {}", places.join(", "));
        let error_kind = error.kind();
        let cause = text(&error);
        match error_kind {
            ConnectErrorKind::Dns
            | ConnectErrorKind::TimedOut
            | ConnectErrorKind::Io
            | ConnectErrorKind::MaxReconnects => unavailable(what).with_source(cause),
            ConnectErrorKind::ServerParse
            | ConnectErrorKind::Authentication
            | ConnectErrorKind::AuthorizationViolation
            | ConnectErrorKind::Tls => configuration(what).with_source(cause),
        }
    })
}

fn default_options() -> ConnectOptions {
    ConnectOptions::new()
        .name("eventkit")
        .max_reconnects(None)
        .ping_interval(Duration::from_secs(20))
        .reconnect_delay_callback(reconnect_delay)
}

/// Returns half of a delay that doubles up to 5 seconds, and a random part of the other half, so
/// that clients do not all come back at once.
fn reconnect_delay(attempt: usize) -> Duration {
    let doubled = 1_u64 << attempt.clamp(1, 10).saturating_sub(1);
    let whole = (50 * doubled).min(5_000);
    Duration::from_millis(whole / 2 + fastrand::u64(0..=whole / 2))
}
