//! A connection that is opened again when it is lost.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_rs::TokioRuntime;
use eventkit::transport::{TransportError, TransportErrorKind, backoff, with_causes};
use lapin::uri::AMQPUri;
use lapin::{Channel, Connection, ConnectionProperties, ErrorKind};
use tokio::time::{Instant, sleep_until};

use super::checked_stream;
use super::error::{REPLY_SUCCESS, answer, transport_error};
use super::security::Security;
use crate::mapping::names::short;

/// The initial delay before connecting again.
const INITIAL_DELAY: Duration = Duration::from_millis(50);
/// The maximum delay before connecting again.
const MAX_DELAY: Duration = Duration::from_secs(5);

/// The connections of a process, each of which is opened when it is needed.
///
/// An alarm of the broker blocks the one of publishing. A broker under load may close the one of a declaration
/// that fails: on the one of consumers, it would deliver all messages in flight again.
#[derive(Debug)]
pub(super) struct Links {
    pub(super) consumers: Link,
    pub(super) administration: Link,
    pub(super) publishing: Link,
}

impl Links {
    pub(super) fn new(uri: &AMQPUri, security: &Security, timeout: Duration) -> Self {
        let link = |purpose| Link::new(uri.clone(), security.clone(), purpose, timeout);
        Self {
            consumers: link("consumers"),
            administration: link("administration"),
            publishing: link("publishing"),
        }
    }
}

/// A connection for one purpose. The client itself does not reconnect.
pub(super) struct Link {
    uri: AMQPUri,
    security: Security,
    /// The purpose of the connection, as the broker shows it.
    purpose: &'static str,
    timeout: Duration,
    current: Mutex<Option<Arc<Connection>>>,
    /// The number of channels of the connection that cannot be used again.
    used_up: AtomicU32,
    /// Held while a connection is opened.
    opening: tokio::sync::Mutex<Failures>,
}

#[derive(Debug, Default)]
struct Failures {
    /// The number of attempts that failed in a row.
    count: u32,
    last: Option<(Instant, TransportErrorKind, String)>,
}

impl Link {
    fn new(uri: AMQPUri, security: Security, purpose: &'static str, timeout: Duration) -> Self {
        Self {
            uri,
            security,
            purpose,
            timeout,
            current: Mutex::default(),
            used_up: AtomicU32::new(0),
            opening: tokio::sync::Mutex::default(),
        }
    }

    /// Returns the connection if it is up.
    pub(super) fn connected(&self) -> Option<Arc<Connection>> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.clone().filter(|own| own.status().connected())
    }

    /// Returns whether an alarm of the broker blocks publishing on this connection.
    pub(super) fn is_blocked(&self) -> bool {
        let connected = self.connected();
        connected.is_some_and(|connection| connection.status().blocked())
    }

    /// Returns the maximum size of a frame, as agreed with the broker.
    pub(super) fn max_frame_size(&self) -> usize {
        let connected = self.connected();
        let size = connected.map(|connection| connection.configuration().frame_max());
        // Zero stands for no limit.
        size.filter(|size| *size > 0)
            .map_or(usize::MAX, |size| size as usize)
    }

    /// Returns the connection, and opens a new one if the last one was lost. After failures, the next
    /// attempt waits. Concurrent calls share an attempt, and its failure.
    pub(super) async fn connection(&self) -> Result<Arc<Connection>, TransportError> {
        if let Some(connection) = self.connected() {
            return Ok(connection);
        }
        let start = Instant::now();
        let mut failures = self.opening.lock().await;
        if let Some(connection) = self.connected() {
            return Ok(connection);
        }
        if let Some((last, kind, text)) = &failures.last {
            // Otherwise each of many calls would wait for an attempt of its own.
            if *last > start {
                return Err(TransportError::new(*kind, text.clone()));
            }
            let delay = backoff::delay(INITIAL_DELAY, MAX_DELAY, failures.count);
            sleep_until(*last + delay).await;
        }
        let connected = self.open().await;
        match &connected {
            Ok(connection) => {
                *failures = Failures::default();
                self.used_up.store(0, Ordering::Relaxed);
                let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
                *current = Some(Arc::clone(connection));
            }
            Err(error) => {
                failures.count = failures.count.saturating_add(1);
                failures.last = Some((Instant::now(), error.kind(), with_causes(error)));
            }
        }
        connected
    }

    async fn open(&self) -> Result<Arc<Connection>, TransportError> {
        let name = format!("eventkit {}", self.purpose);
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let authority = &self.uri.authority;
        // Nearly always, a slash at the end of the URL is meant to name the virtual host `/`.
        let hint = match self.uri.vhost.as_str() {
            "" => " (the virtual host in the URL is empty: `/` is written `/%2f`)",
            _ => "",
        };
        let operation = format!(
            "connect to RabbitMQ at {}:{}{hint}",
            authority.host, authority.port
        );
        let security = self.security.clone();
        let open = async move |uri, tokio: &TokioRuntime| security.open(uri, tokio).await;
        let connecting = checked_stream::connect(self.uri.clone(), properties, open);
        let connection = answer(&operation, self.timeout, connecting).await?;
        Ok(Arc::new(connection))
    }

    /// Opens a channel.
    ///
    /// The client keeps the error of a channel that the broker has closed. When all numbers of channels have
    /// been used, it returns that error for a new channel with the number, which is not used again.
    pub(super) async fn channel(&self) -> Result<Channel, TransportError> {
        loop {
            let connection = self.connection().await?;
            let opening = async { Ok(connection.create_channel().await) };
            let opened = answer("open a channel", self.timeout, opening).await?;
            let error = match opened {
                Ok(channel) => return Ok(channel),
                Err(error) => error,
            };
            let is_old = matches!(error.kind(), ErrorKind::ProtocolError(_));
            if is_old && connection.status().connected() {
                self.used_up.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            let is_full = matches!(error.kind(), ErrorKind::ChannelsLimitReached);
            if !is_full || self.used_up.swap(0, Ordering::Relaxed) == 0 {
                return Err(transport_error("open a channel", error));
            }
            // A new connection has all numbers.
            let closing = connection.close(REPLY_SUCCESS, short("out of channels"));
            answer("close a connection", self.timeout, closing).await?;
        }
    }
}

impl fmt::Debug for Link {
    /// Omits the URI, since it may contain a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("purpose", &self.purpose)
            .field("is_connected", &self.connected().is_some())
            .finish_non_exhaustive()
    }
}
