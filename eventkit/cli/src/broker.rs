//! Connections to brokers.

#[cfg(any(feature = "http", feature = "nats", feature = "rabbitmq"))]
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::failure::Failure;

/// The settings of brokers, and the files with credentials.
#[derive(Debug, Args)]
pub(crate) struct BrokerArguments {
    /// The JetStream stream, if the path of the URL does not name it; `events` by default
    #[arg(long, value_name = "NAME", help_heading = "NATS")]
    pub(crate) stream: Option<String>,
    /// The prefix of subjects; the name of the stream by default
    #[arg(long, value_name = "PREFIX", help_heading = "NATS")]
    pub(crate) subject_prefix: Option<String>,
    /// The JetStream domain of the stream
    #[arg(long, value_name = "NAME", help_heading = "NATS")]
    pub(crate) domain: Option<String>,
    /// A `.creds` file with a JWT and an nkey
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "NATS",
        env = "EVENTKIT_NATS_CREDS"
    )]
    pub(crate) creds: Option<PathBuf>,
    /// A file with the seed of an nkey
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "NATS",
        conflicts_with = "creds"
    )]
    pub(crate) nkey: Option<PathBuf>,
    /// The topic exchange of the events
    #[arg(
        long,
        value_name = "NAME",
        help_heading = "RabbitMQ",
        default_value = "events"
    )]
    pub(crate) exchange: String,
    /// The certificate authorities to trust, in PEM; those of the system by default
    #[arg(long, value_name = "FILE", help_heading = "TLS")]
    pub(crate) ca_cert: Option<PathBuf>,
    /// The certificate of this client, in PEM
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "TLS",
        requires = "client_key"
    )]
    pub(crate) client_cert: Option<PathBuf>,
    /// The private key of this client, in PEM
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "TLS",
        requires = "client_cert"
    )]
    pub(crate) client_key: Option<PathBuf>,
    /// The time limit of a request
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) timeout: u16,
}

impl BrokerArguments {
    /// Returns the time limit of a request.
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout.into())
    }

    #[cfg(feature = "rabbitmq")]
    /// Returns a builder of the transport.
    pub(crate) fn rabbitmq(
        &self,
        url: &str,
    ) -> Result<eventkit_rabbitmq::RabbitMqBuilder, Failure> {
        let mut builder = eventkit_rabbitmq::RabbitMq::connect(url)
            .exchange(&self.exchange)
            .timeout(self.timeout());
        if let Some(path) = &self.ca_cert {
            builder = builder.root_certificates(certificates(path)?);
        }
        if let (Some(certificate), Some(key)) = (&self.client_cert, &self.client_key) {
            builder = builder.client_certificate(certificates(certificate)?, private_key(key)?);
        }
        Ok(builder)
    }
}

#[cfg(feature = "nats")]
impl BrokerArguments {
    /// Returns the name of the stream.
    pub(crate) fn stream<'a>(&'a self, of_url: Option<&'a str>) -> Result<&'a str, Failure> {
        match (of_url, self.stream.as_deref()) {
            (Some(of_url), Some(own)) if own != of_url => Err(Failure::usage(format!(
                "the URL names the stream `{of_url}`, and --stream `{own}`"
            ))),
            (Some(name), _) | (None, Some(name)) => Ok(name),
            (None, None) => Ok("events"),
        }
    }

    /// Returns a builder of the transport. A stream that does not exist is not created: its name is probably
    /// misspelled.
    pub(crate) async fn nats(
        &self,
        servers: &str,
        stream: Option<&str>,
    ) -> Result<eventkit_nats::NatsBuilder, Failure> {
        let mut builder = eventkit_nats::Nats::connect(servers)
            .options(self.nats_options().await?)
            .stream(self.stream(stream)?)
            .existing_stream()
            .timeout(self.timeout());
        if let Some(prefix) = &self.subject_prefix {
            builder = builder.subject_prefix(prefix);
        }
        if let Some(domain) = &self.domain {
            builder = builder.domain(domain);
        }
        Ok(builder)
    }

    pub(crate) async fn nats_options(&self) -> Result<async_nats::ConnectOptions, Failure> {
        let mut options = async_nats::ConnectOptions::new()
            .name("eventkit")
            .connection_timeout(self.timeout());
        if let Some(path) = &self.creds {
            let read = options.credentials_file(path).await;
            options = read.map_err(|error| Failure::file(path.display(), &error))?;
        }
        if let Some(path) = &self.nkey {
            options = options.nkey(seed(path)?);
        }
        // The client would try to use a malformed file until the time limit.
        if let Some(path) = &self.ca_cert {
            certificates(path)?;
            options = options
                .add_root_certificates(path.clone())
                .require_tls(true);
        }
        if let (Some(certificate), Some(key)) = (&self.client_cert, &self.client_key) {
            certificates(certificate)?;
            private_key(key)?;
            options = options.add_client_certificate(certificate.clone(), key.clone());
        }
        Ok(options)
    }
}

/// Reads a file with a certificate or a key.
#[cfg(any(feature = "http", feature = "nats", feature = "rabbitmq"))]
pub(crate) fn read(path: &PathBuf) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::file(path.display(), &error))
}

/// Reads a file with the seed of an nkey.
#[cfg(feature = "nats")]
fn seed(path: &PathBuf) -> Result<String, Failure> {
    let text = read(path)?;
    let seed = text.trim();
    // The client would try to use it until the time limit.
    match nkeys::KeyPair::from_seed(seed) {
        Ok(_) => Ok(seed.to_owned()),
        Err(error) => Err(Failure::data(format!(
            "{}: there is no seed of an nkey: {error}",
            path.display()
        ))),
    }
}

/// Reads a file with certificates in PEM.
#[cfg(any(feature = "nats", feature = "rabbitmq"))]
pub(crate) fn certificates(path: &PathBuf) -> Result<String, Failure> {
    pem(path, "CERTIFICATE-----", "certificate")
}

/// Reads a file with a private key in PEM, whose label may begin with the kind of the key.
#[cfg(any(feature = "nats", feature = "rabbitmq"))]
pub(crate) fn private_key(path: &PathBuf) -> Result<String, Failure> {
    pem(path, "PRIVATE KEY-----", "private key")
}

#[cfg(any(feature = "nats", feature = "rabbitmq"))]
fn pem(path: &PathBuf, label: &str, what: &str) -> Result<String, Failure> {
    let text = read(path)?;
    let has = |start: &str| {
        let mut lines = text.lines().map(str::trim_end);
        lines.any(|line| line.starts_with(start) && line.ends_with(label))
    };
    if has("-----BEGIN ") && has("-----END ") {
        return Ok(text);
    }
    Err(Failure::data(format!(
        "{}: there is no {what} in PEM",
        path.display()
    )))
}
