//! The builder for a transport.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::iter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use async_nats::{Client, ConnectError, ConnectErrorKind, ConnectOptions, ServerAddr, rustls};
use percent_encoding::percent_decode_str;

use eventkit::event::Limits;
use eventkit::format::Format;
use eventkit::transport::backoff::{self, FAR_FUTURE};
use eventkit::transport::{TransportError, TransportErrorKind};

use super::Storage;
use super::acknowledgements::Acknowledgements;
use super::api::Api;
use super::core_publisher::CorePublisher;
use super::settings::StreamSettings;
use super::shared::Shared;
use super::state::StateStore;
use super::stream::Stream;
use super::subject_settings::SubjectSettings;
use super::transport::{Nats, check_name};
use super::unselected::UnselectedEvents;
use crate::mapping::Mapping;
use crate::mapping::message::Mode;

/// The initial delay before reconnecting.
const INITIAL_RECONNECT_DELAY: Duration = Duration::from_millis(50);
/// The maximum delay before reconnecting.
const MAX_RECONNECT_DELAY: Duration = Duration::from_secs(5);

impl Nats {
    /// Creates a builder that connects to a server, or to the comma-separated servers of a cluster.
    ///
    /// A URL may contain a user and password or a token, such as `nats://user:password@example.com`
    /// and `nats://token@example.com`, with special characters percent-encoded. The credentials are
    /// sent to every server.
    pub fn connect(urls: impl Into<String>) -> NatsBuilder {
        NatsBuilder::new(Server::Urls(urls.into()))
    }

    /// Creates a builder that uses an existing client.
    pub fn from_client(client: Client) -> NatsBuilder {
        NatsBuilder::new(Server::Client(client))
    }
}

/// A builder for a [`Nats`], created by [`Nats::connect`] and [`Nats::from_client`].
#[must_use = "a builder does nothing until `open` is called"]
#[derive(Debug)]
pub struct NatsBuilder {
    server: Server,
    options: Option<ConnectOptions>,
    stream: StreamSettings,
    pub(super) subjects: SubjectSettings,
    domain: Option<String>,
    mode: Mode,
    limits: Limits,
    timeout: Duration,
    idle_heartbeat: Duration,
    max_ack_pending: usize,
    unconfirmed_acks: bool,
}

enum Server {
    Urls(String),
    Client(Client),
}

impl fmt::Debug for Server {
    /// Omits the URLs, since they may contain a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Urls(_) => "Urls(..)",
            Self::Client(_) => "Client(..)",
        })
    }
}

impl NatsBuilder {
    fn new(server: Server) -> Self {
        Self {
            server,
            options: None,
            stream: StreamSettings {
                name: "events".to_owned(),
                must_exist: false,
                storage: Storage::File,
                duplicate_window: Duration::from_mins(2),
                replicas: None,
                max_age: None,
                max_bytes: None,
            },
            subjects: SubjectSettings::default(),
            domain: None,
            mode: Mode::Binary,
            limits: Limits::DEFAULT,
            timeout: Duration::from_secs(5),
            idle_heartbeat: Duration::from_secs(5),
            max_ack_pending: 10_000,
            unconfirmed_acks: false,
        }
    }

    /// Sets the connection options, such as credentials and TLS; they have no effect on an existing
    /// client.
    ///
    /// By default, the client reconnects without limit, with exponential backoff of up to 5 seconds
    /// and jitter. These options replace all defaults.
    pub fn options(mut self, options: ConnectOptions) -> Self {
        self.options = Some(options);
        self
    }

    /// Sets the name of the stream; `events` by default.
    pub fn stream(mut self, name: impl Into<String>) -> Self {
        self.stream.name = name.into();
        self
    }

    /// Requires that the stream exists; by default, a missing stream is created.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use eventkit_nats::Nats;
    ///
    /// let nats = Nats::connect("nats://127.0.0.1:4222").stream("ORDERS").existing_stream();
    /// let nats = nats.subject("orders.{type}").open().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn existing_stream(mut self) -> Self {
        self.stream.must_exist = true;
        self
    }

    /// Sets the JetStream domain of the stream; the domain of the server by default.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Sets the storage of the stream; files by default.
    pub fn storage(mut self, storage: Storage) -> Self {
        self.stream.storage = storage;
        self
    }

    /// Sets how long the stream remembers ids to detect duplicates; 2 minutes by default.
    pub fn duplicate_window(mut self, window: Duration) -> Self {
        self.stream.duplicate_window = window;
        self
    }

    /// Sets the number of servers that store each message.
    ///
    /// By default, a new stream has 1 replica, and an existing stream may have any number.
    pub fn replicas(mut self, replicas: usize) -> Self {
        self.stream.replicas = Some(replicas);
        self
    }

    /// Sets the age at which messages are deleted, whether or not they were handled; unlimited by
    /// default.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.stream.max_age = Some(age);
        self
    }

    /// Sets the maximum size of the stream; unlimited by default.
    ///
    /// A full stream refuses new messages. Without a [`max_age`](Self::max_age) it never deletes
    /// messages, and remains full.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.stream.max_bytes = Some(bytes);
        self
    }

    /// Publishes events in structured content mode instead of binary mode. Both modes are always
    /// decoded.
    pub fn structured(mut self, format: impl Format) -> Self {
        self.mode = Mode::Structured(Arc::new(format));
        self
    }

    /// Sets the limits of messages; [`Limits::DEFAULT`] by default.
    ///
    /// A received message that exceeds a limit is invalid. An event that exceeds a limit is not
    /// published.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the time limit of a request to the server; 5 seconds by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the idle heartbeat of consumers; 5 seconds by default, at least 100 milliseconds, and
    /// at most a year.
    ///
    /// A consumer is lost if it misses its heartbeats for two intervals. A closed connection is
    /// detected at once.
    pub fn idle_heartbeat(mut self, interval: Duration) -> Self {
        self.idle_heartbeat = interval.clamp(Duration::from_millis(100), FAR_FUTURE);
        self
    }

    /// Sets the maximum number of unsettled messages of a subscription, across all its consumers
    /// and including messages that wait for redelivery; 10,000 by default.
    ///
    /// At this number, the server stops delivering messages to the subscription. This does not
    /// limit the dead letters that a reader leases.
    pub fn max_ack_pending(mut self, max: usize) -> Self {
        self.max_ack_pending = max;
        self
    }

    /// Acknowledges events without waiting for the server's confirmation. By default, each
    /// acknowledgement is confirmed.
    ///
    /// This saves a round trip for each event, so a handler receives its next event sooner. The
    /// price is duplicates: if the connection or the server is lost, the acknowledgements in
    /// transit are lost unnoticed, and their events are delivered and handled again after
    /// `ack_wait`. These are up to as many events as were handled within a round trip, or since the
    /// connection broke, which may take a few seconds to detect. Use this if handlers are
    /// idempotent, or with an inbox. Health does not report lost acknowledgements, because an
    /// unconfirmed acknowledgement counts as confirmed.
    ///
    /// No event is lost. When a consumer is closed, as during a shutdown, its acknowledgements have
    /// reached the server. Everything else is still confirmed: returned messages, dead letters,
    /// events that were delivered before and have a record, events of handlers with an ordering
    /// key, and settled dead letters.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use eventkit_nats::Nats;
    ///
    /// let nats = Nats::connect("nats://127.0.0.1:4222").unconfirmed_acks().open().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn unconfirmed_acks(mut self) -> Self {
        self.unconfirmed_acks = true;
        self
    }

    /// Connects, and creates the stream if it does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the server cannot be reached or is older than 2.9, if a subject setting
    /// is malformed, or if the existing stream does not fit. In the last case the error lists each
    /// setting with the value found and the value expected.
    pub async fn open(self) -> Result<Nats, TransportError> {
        let unselected = self.subjects.unselected;
        check_name("stream", &self.stream.name)?;
        let subjects = self.subjects.build(&self.stream.name)?;
        let client = self.server.connect(self.options).await?;
        let api_prefix = match self.domain {
            Some(domain) => {
                check_name("domain", &domain)?;
                format!("$JS.{domain}.API")
            }
            None => "$JS.API".to_owned(),
        };
        let api = Api {
            client,
            prefix: api_prefix,
            timeout: self.timeout,
        };
        let state = StateStore::new(api.clone(), &self.stream.name);
        let stream = Stream::new(self.stream, &subjects);
        let (found, _) = stream.ensure(&api).await?;
        let shared = Shared {
            acknowledgements: Arc::new(Acknowledgements::new(api.clone())),
            api,
            stream,
            stream_subjects: found.settings().texts("subjects"),
            state,
            mapping: Mapping {
                subjects,
                mode: self.mode,
                limits: self.limits,
            },
            unselected: UnselectedEvents::new(unselected),
            idle_heartbeat: self.idle_heartbeat,
            max_ack_pending: self.max_ack_pending,
            unconfirmed_acks: self.unconfirmed_acks,
            durables: Mutex::default(),
        };
        Ok(Nats {
            shared: Arc::new(shared),
        })
    }

    /// Connects, and returns a publisher for core NATS, which needs no stream.
    ///
    /// Stream and consumer settings have no effect on it. The default subject prefix is still the
    /// name of the [stream](Self::stream).
    ///
    /// ```no_run
    /// use eventkit::Event;
    /// use eventkit_nats::Nats;
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let nats = Nats::connect("nats://127.0.0.1:4222").subject("telemetry.{source}");
    /// let publisher = nats.open_core().await?;
    /// let event = Event::builder().source("/sensor/7").ty("co.outcome.measured").build()?;
    /// publisher.publish(&event).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the server cannot be reached or is older than 2.9, or if a subject
    /// setting is malformed.
    pub async fn open_core(self) -> Result<CorePublisher, TransportError> {
        let subjects = self.subjects.build(&self.stream.name)?;
        let mapping = Mapping {
            subjects,
            mode: self.mode,
            limits: self.limits,
        };
        let client = self.server.connect(self.options).await?;
        Ok(CorePublisher::new(client, mapping, self.timeout))
    }
}

impl Server {
    async fn connect(self, options: Option<ConnectOptions>) -> Result<Client, TransportError> {
        let client = match self {
            Self::Client(client) => client,
            Self::Urls(urls) => connect(&urls, options).await?,
        };
        if !client.is_server_compatible(2, 9, 0) {
            let version = client.server_info().version;
            return Err(TransportError::configuration(format!(
                "the server is NATS {version}, expected 2.9 or later"
            )));
        }
        Ok(client)
    }
}

async fn connect(urls: &str, options: Option<ConnectOptions>) -> Result<Client, TransportError> {
    let servers: Result<Vec<ServerAddr>, _> =
        urls.split(',').map(|url| url.trim().parse()).collect();
    let servers = servers.map_err(|error: io::Error| {
        TransportError::configuration("failed to parse the URL of the NATS server")
            .with_source(error)
    })?;
    let mut options = options.unwrap_or_else(default_options);
    if let Some(credentials) = Credentials::of(&servers)? {
        options = credentials.add_to(options);
    }
    // Only the addresses are reported, since the URLs may contain passwords.
    let addresses: Vec<String> = servers
        .iter()
        .map(|server| format!("{}:{}", server.host(), server.port()))
        .collect();
    let message = format!(
        "failed to connect to the NATS server at {}",
        addresses.join(", ")
    );
    match catch_panic(pin!(options.connect(servers))).await {
        Ok(Ok(client)) => Ok(client),
        Ok(Err(error)) => {
            Err(TransportError::new(kind(&error), message).with_source(error.to_string()))
        }
        // The client panics if the server requires TLS and no TLS implementation is available.
        Err(panic) => Err(TransportError::configuration(message).with_source(panic)),
    }
}

fn kind(error: &ConnectError) -> TransportErrorKind {
    match error.kind() {
        // The client reports a failed TLS handshake as a generic connection error.
        ConnectErrorKind::Io if is_tls_error(error) => TransportErrorKind::Configuration,
        ConnectErrorKind::Dns
        | ConnectErrorKind::TimedOut
        | ConnectErrorKind::Io
        | ConnectErrorKind::MaxReconnects => TransportErrorKind::Unavailable,
        ConnectErrorKind::ServerParse
        | ConnectErrorKind::Authentication
        | ConnectErrorKind::AuthorizationViolation
        | ConnectErrorKind::Tls => TransportErrorKind::Configuration,
    }
}

fn is_tls_error(error: &ConnectError) -> bool {
    let causes = iter::successors(error.source(), |error| (*error).source());
    let mut inner = causes.filter_map(|cause| cause.downcast_ref::<io::Error>()?.get_ref());
    inner.any(|inner| inner.downcast_ref::<rustls::Error>().is_some())
}

/// Returns the output of a future, or the message of its panic.
async fn catch_panic<F: Future>(mut future: Pin<&mut F>) -> Result<F::Output, String> {
    poll_fn(|context| {
        let poll = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        match poll {
            Ok(poll) => poll.map(Ok),
            Err(payload) => Poll::Ready(Err(panic_message(&*payload))),
        }
    })
    .await
}

/// Returns the message of a panic as a single line.
fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let words: Vec<&str> = text
        .unwrap_or("the client panicked")
        .split_whitespace()
        .collect();
    words.join(" ")
}

/// The credentials in the URL of a server. The client itself ignores them.
#[derive(PartialEq, Eq)]
struct Credentials {
    /// The user name, or a token if there is no password.
    user: String,
    password: Option<String>,
}

impl Credentials {
    /// Returns the credentials of the servers, which must all have the same ones or none.
    fn of(servers: &[ServerAddr]) -> Result<Option<Self>, TransportError> {
        let mut all = servers.iter().filter_map(Self::of_server);
        let first = all.next();
        if all.any(|other| Some(&other) != first.as_ref()) {
            let message = "the URLs of the NATS servers have different credentials";
            return Err(TransportError::configuration(message));
        }
        Ok(first)
    }

    fn of_server(server: &ServerAddr) -> Option<Self> {
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        Some(Self {
            user: decode(server.username()?),
            password: server.password().map(decode),
        })
    }

    fn add_to(self, options: ConnectOptions) -> ConnectOptions {
        match self.password {
            Some(password) => options.user_and_password(self.user, password),
            None => options.token(self.user),
        }
    }
}

fn default_options() -> ConnectOptions {
    ConnectOptions::new()
        .name("eventkit")
        .max_reconnects(None)
        .ping_interval(Duration::from_secs(20))
        .reconnect_delay_callback(reconnect_delay)
}

/// Returns a delay with exponential backoff, and jitter so that clients do not reconnect at the
/// same time.
fn reconnect_delay(attempt: usize) -> Duration {
    let attempt = u32::try_from(attempt).unwrap_or(u32::MAX);
    backoff::delay(INITIAL_RECONNECT_DELAY, MAX_RECONNECT_DELAY, attempt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_of_the_client_becomes_a_message() {
        let fails = async { panic!("\nno TLS\n  here: {}\n", 1) };
        let message: Result<(), _> = catch_panic(pin!(fails)).await;
        assert_eq!(message.unwrap_err(), "no TLS here: 1");
        assert_eq!(catch_panic(pin!(async { 7 })).await, Ok(7));
    }
}
