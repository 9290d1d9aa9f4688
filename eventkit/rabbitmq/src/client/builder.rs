//! The builder for a transport.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use eventkit::event::Limits;
use eventkit::format::Format;
use eventkit::transport::TransportError;
use eventkit::transport::backoff::FAR_FUTURE;
use lapin::uri::AMQPUri;

use super::link::Links;
#[cfg(feature = "management")]
use super::management::{Api, Inspection};
#[cfg(feature = "management")]
use super::operators;
use super::security::{Certificates, Security};
use super::shared::Shared;
use super::transport::RabbitMq;
use crate::binding::Separator;
use crate::mapping::message::Mode;
use crate::mapping::names::{self, Names};

impl RabbitMq {
    /// Creates a builder that connects to a broker.
    ///
    /// A URL has the form `amqp://user:password@host:5672/vhost`, with special characters percent-encoded: the
    /// virtual host `/` is `%2f`. TLS requires a URL that begins with `amqps://`, and the feature `ring`.
    pub fn connect(url: impl Into<String>) -> RabbitMqBuilder {
        RabbitMqBuilder {
            url: url.into(),
            certificates: Certificates::default(),
            exchange: "events".to_owned(),
            format: None,
            separator: Separator::default(),
            limits: Limits::DEFAULT,
            timeout: Duration::from_secs(5),
            heartbeat: Duration::from_secs(10),
            #[cfg(feature = "management")]
            management: None,
            #[cfg(feature = "management")]
            management_client: None,
        }
    }
}

/// A builder for a [`RabbitMq`], created by [`RabbitMq::connect`].
#[must_use = "a builder does nothing until `open` is called"]
#[derive(Clone)]
pub struct RabbitMqBuilder {
    url: String,
    certificates: Certificates,
    exchange: String,
    /// The format of structured content mode, if that is used.
    format: Option<Arc<dyn Format>>,
    separator: Separator,
    limits: Limits,
    timeout: Duration,
    heartbeat: Duration,
    /// The URL of the management API.
    #[cfg(feature = "management")]
    management: Option<String>,
    /// The client of the management API, if it is not the default one.
    #[cfg(feature = "management")]
    management_client: Option<reqwest::Client>,
}

impl RabbitMqBuilder {
    /// Sets the trusted certificate authorities, in PEM; those of the system by default.
    ///
    /// They require a URL that begins with `amqps://`.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use eventkit_rabbitmq::RabbitMq;
    ///
    /// let authority = std::fs::read_to_string("/etc/shop/ca.pem")?;
    /// let rabbitmq = RabbitMq::connect("amqps://shop:secret@rabbitmq.example.com/%2f");
    /// let rabbitmq = rabbitmq.root_certificates(authority).open().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "ring")]
    pub fn root_certificates(mut self, pem: impl Into<String>) -> Self {
        self.certificates.roots = Some(pem.into());
        self
    }

    /// Sets the client certificate and its private key, both in PEM.
    ///
    /// The certificates of intermediate authorities follow that of the client. They require a URL that begins
    /// with `amqps://`. With `?auth_mechanism=external` in the URL and the plugin
    /// `rabbitmq_auth_mechanism_ssl`, the certificate replaces the user and the password.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use eventkit_rabbitmq::RabbitMq;
    ///
    /// let certificate = std::fs::read_to_string("/etc/shop/client.pem")?;
    /// let key = std::fs::read_to_string("/etc/shop/client-key.pem")?;
    /// let rabbitmq = RabbitMq::connect("amqps://rabbitmq.example.com/%2f?auth_mechanism=external");
    /// let rabbitmq = rabbitmq.client_certificate(certificate, key).open().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "ring")]
    pub fn client_certificate(
        mut self,
        certificate: impl Into<String>,
        key: impl Into<String>,
    ) -> Self {
        self.certificates.client = Some((certificate.into(), key.into()));
        self
    }

    /// Sets the name of the topic exchange for events; `events` by default.
    ///
    /// The names of all other exchanges and queues begin with it.
    pub fn exchange(mut self, name: impl Into<String>) -> Self {
        self.exchange = name.into();
        self
    }

    /// Publishes events in structured content mode instead of binary mode. Both modes are always
    /// decoded.
    pub fn structured(mut self, format: impl Format) -> Self {
        self.format = Some(Arc::new(format));
        self
    }

    /// Sets the separator in the names of headers, in binary mode; [`Separator::Underscore`] by default. Both
    /// are always decoded.
    ///
    /// Every publisher of the exchange may have its own. Retries keep that of the event.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use eventkit_rabbitmq::RabbitMq;
    /// use eventkit_rabbitmq::binding::Separator;
    ///
    /// // Other consumers of the events use the SDK of Go.
    /// let rabbitmq = RabbitMq::connect("amqp://127.0.0.1:5672/%2f").exchange("shop");
    /// let rabbitmq = rabbitmq.separator(Separator::Colon).open().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn separator(mut self, separator: Separator) -> Self {
        self.separator = separator;
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

    /// Sets the time limit of a request to the broker; 5 seconds by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.min(FAR_FUTURE);
        self
    }

    /// Sets the interval of heartbeats, in whole seconds; 10 seconds by default.
    ///
    /// A connection is lost if it misses its heartbeats for two intervals. A closed connection is detected at
    /// once. A `heartbeat` parameter of the URL takes precedence.
    pub fn heartbeat(mut self, interval: Duration) -> Self {
        self.heartbeat = interval;
        self
    }

    /// Sets the URL of the management API, with which policies and bindings are checked. AMQP does not expose
    /// them.
    ///
    /// The URL is that of the management plugin, such as `http://user:password@host:15672`. Without a user, the
    /// user of the broker's URL is used. The user needs the tag `management`.
    ///
    /// A setting that deletes unhandled events is an error when the transport or a subscription is opened, and
    /// ends an open subscription. The API is queried every 30 seconds. If it does not answer, the
    /// [status](eventkit::transport::SubscriptionStatus::warnings) contains a warning, and subscriptions
    /// continue.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use eventkit_rabbitmq::RabbitMq;
    ///
    /// let rabbitmq = RabbitMq::connect("amqp://shop:secret@rabbitmq.example.com/%2f");
    /// let rabbitmq = rabbitmq.management("http://rabbitmq.example.com:15672").open().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "management")]
    pub fn management(mut self, url: impl Into<String>) -> Self {
        self.management = Some(url.into());
        self
    }

    /// Sets the client of the management API, for instance one that trusts a private certificate authority.
    ///
    /// For HTTPS, enable a TLS feature of reqwest in your program, such as `rustls`.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use eventkit_rabbitmq::RabbitMq;
    ///
    /// let client = reqwest::Client::builder().no_proxy().build()?;
    /// let rabbitmq = RabbitMq::connect("amqp://shop:secret@rabbitmq.example.com/%2f");
    /// let rabbitmq = rabbitmq.management("http://rabbitmq.example.com:15672").management_client(client);
    /// let rabbitmq = rabbitmq.open().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "management")]
    pub fn management_client(mut self, client: reqwest::Client) -> Self {
        self.management_client = Some(client);
        self
    }

    /// Connects, and declares the exchanges if that of the events does not exist.
    ///
    /// If it exists, its settings are not compared until a subscription is opened, since comparing them needs
    /// the permission to declare it.
    ///
    /// # Errors
    ///
    /// Returns an error if the URL, a certificate or the name of the exchange is malformed, if the broker
    /// cannot be reached, refuses the user or has a certificate that is not trusted, or if an exchange cannot
    /// be declared. If the management API is configured, also returns an error if it does not answer, or if
    /// a policy has a setting that deletes unhandled events.
    pub async fn open(self) -> Result<RabbitMq, TransportError> {
        names::check_exchange(&self.exchange)?;
        let uri = self.uri()?;
        #[cfg(feature = "management")]
        let inspection = self.inspection(&uri)?;
        let security = Security::new(&uri.scheme, self.certificates)?;
        let links = Links::new(&uri, &security, self.timeout);
        let names = Names::new(&self.exchange);
        let mode = match self.format {
            Some(format) => Mode::Structured(format),
            None => Mode::Binary(self.separator),
        };
        let settings = (mode, self.limits);
        let shared = Shared::new(names, settings, self.timeout, links);
        #[cfg(feature = "management")]
        let shared = shared.with_inspection(inspection);
        shared.administrator().ensure_exchange().await?;
        #[cfg(feature = "management")]
        operators::check_common(&shared).await?;
        Ok(RabbitMq {
            shared: Arc::new(shared),
        })
    }

    #[cfg(feature = "management")]
    fn inspection(&self, broker: &AMQPUri) -> Result<Option<Inspection>, TransportError> {
        let Some(url) = &self.management else {
            return Ok(None);
        };
        let client = self.management_client.clone();
        let api = Api::new(url, client, broker, self.timeout)?;
        Ok(Some(Inspection::new(api)))
    }

    fn uri(&self) -> Result<AMQPUri, TransportError> {
        let parsed = self.url.parse::<AMQPUri>();
        // The error of the client contains the URL, which may contain a password.
        let mut uri = parsed.map_err(|_| {
            TransportError::configuration(
                "the URL of RabbitMQ is malformed: expected amqp://user:password@host:5672/vhost",
            )
        })?;
        // The client would connect to `localhost` instead.
        if self.has_ipv6_address() {
            return Err(TransportError::configuration(
                "the URL of RabbitMQ has an IPv6 address, which the client does not support: use a host name",
            ));
        }
        let heartbeat = u16::try_from(self.heartbeat.as_secs().max(1)).unwrap_or(u16::MAX);
        uri.query.heartbeat.get_or_insert(heartbeat);
        Ok(uri)
    }

    fn has_ipv6_address(&self) -> bool {
        let authority = self.url.split('/').nth(2).unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        host.starts_with('[')
    }
}

impl fmt::Debug for RabbitMqBuilder {
    /// Omits the URL, since it may contain a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RabbitMqBuilder")
            .field("exchange", &self.exchange)
            .field("separator", &self.separator)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_debug_output_omit_the_password_of_a_url() {
        for url in [
            "amqp://shop:s3cret@[::1]:5672/%2f",
            "http://shop:s3cret@localhost",
            "amqp://shop:s3cret@localhost:port",
        ] {
            let builder = RabbitMq::connect(url);
            assert!(!format!("{builder:?}").contains("s3cret"), "{builder:?}");
            let error = builder.uri().unwrap_err();
            assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        }
        let uri = RabbitMq::connect("amqp://shop:s3cret@localhost/%2f").uri();
        assert_eq!(uri.unwrap().authority.host, "localhost");
    }

    #[test]
    fn a_time_limit_does_not_overflow() {
        let builder = RabbitMq::connect("amqp://localhost").timeout(Duration::MAX);
        assert_eq!(builder.timeout, FAR_FUTURE);
    }
}
