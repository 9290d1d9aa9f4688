//! The encryption of connections.

use std::fmt;

use async_rs::TokioRuntime;
use eventkit::transport::TransportError;
use lapin::tcp::AMQPUriTcpExt;
#[cfg(feature = "ring")]
use lapin::tcp::{RustlsConnector, RustlsConnectorConfig};
use lapin::uri::{AMQPScheme, AMQPUri};
#[cfg(feature = "ring")]
use rustls_pki_types::pem::PemObject;
#[cfg(feature = "ring")]
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::checked_stream::BrokerStream;

/// The certificates of a builder, in PEM.
#[derive(Clone, Default)]
pub(super) struct Certificates {
    /// The authorities that are trusted instead of those of the system.
    pub(super) roots: Option<String>,
    /// The certificate of this process, and its private key.
    pub(super) client: Option<(String, String)>,
}

/// The encryption of connections.
#[derive(Clone)]
pub(super) enum Security {
    Plain,
    #[cfg(feature = "ring")]
    Tls(RustlsConnector),
}

impl Security {
    /// Returns the encryption that the scheme of a URL requires.
    pub(super) fn new(
        scheme: &AMQPScheme,
        certificates: Certificates,
    ) -> Result<Self, TransportError> {
        match scheme {
            AMQPScheme::AMQP => certificates.check_unused().map(|()| Self::Plain),
            AMQPScheme::AMQPS => certificates.security(),
        }
    }

    /// Opens a stream to the broker.
    pub(super) async fn open(
        &self,
        mut uri: AMQPUri,
        tokio: &TokioRuntime,
    ) -> lapin::Result<BrokerStream> {
        // Otherwise, the client would use a connector of its own.
        uri.scheme = AMQPScheme::AMQP;
        let plain = uri.connect_async(tokio).await?;
        match self {
            Self::Plain => Ok(plain),
            #[cfg(feature = "ring")]
            Self::Tls(connector) => Ok(plain.into_rustls(connector, &uri.authority.host).await?),
        }
    }
}

impl fmt::Debug for Security {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "Plain",
            #[cfg(feature = "ring")]
            Self::Tls(_) => "Tls(..)",
        })
    }
}

impl Certificates {
    /// Refuses certificates that would not be used.
    fn check_unused(&self) -> Result<(), TransportError> {
        if self.roots.is_none() && self.client.is_none() {
            return Ok(());
        }
        Err(TransportError::configuration(
            "certificates are set, but the URL of RabbitMQ does not use TLS: expected amqps://",
        ))
    }

    #[cfg(not(feature = "ring"))]
    #[expect(clippy::unused_self, reason = "there are no certificates without TLS")]
    fn security(self) -> Result<Security, TransportError> {
        // The client would connect without TLS.
        Err(TransportError::configuration(
            "the URL of RabbitMQ requires TLS: enable the feature `ring` of eventkit-rabbitmq",
        ))
    }

    #[cfg(feature = "ring")]
    fn security(self) -> Result<Security, TransportError> {
        let roots = match self.roots {
            Some(pem) => {
                let roots = certificates(&pem, "root certificates")?;
                RustlsConnectorConfig::default().with_parsable_certificates(roots)
            }
            None => RustlsConnectorConfig::new_with_native_certs().map_err(|error| {
                TransportError::configuration("failed to load the certificates of the system")
                    .with_source(error)
            })?,
        };
        let connector = match self.client {
            Some((certificate, key)) => {
                let chain = certificates(&certificate, "client certificate")?;
                // The source is left out, since it could contain a part of the key.
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| {
                    TransportError::configuration(
                        "the key of the client certificate is not valid PEM",
                    )
                })?;
                roots.connector_with_single_cert(chain, key)
            }
            None => roots.connector_with_no_client_auth(),
        };
        let connector = connector.map_err(|error| {
            TransportError::configuration("the certificates for RabbitMQ are invalid")
                .with_source(error)
        })?;
        Ok(Security::Tls(connector))
    }
}

#[cfg(feature = "ring")]
fn certificates(pem: &str, what: &str) -> Result<Vec<CertificateDer<'static>>, TransportError> {
    let parsed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match parsed {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(TransportError::configuration(format!(
            "the {what} for RabbitMQ are not valid PEM: expected `-----BEGIN CERTIFICATE-----`"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(not(feature = "ring"))]
    #[test]
    fn amqps_without_the_feature_is_an_error() {
        let refused = Security::new(&AMQPScheme::AMQPS, Certificates::default());
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("the feature `ring`"), "{error}");
    }

    #[cfg(feature = "ring")]
    #[test]
    fn unusable_certificates_are_refused_before_connecting() {
        let key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
        let client = Some(("no certificate".to_owned(), key.to_owned()));
        let roots = Some("no certificate".to_owned());
        for (scheme, roots, client, expected) in [
            (AMQPScheme::AMQPS, &roots, &None, "root certificates"),
            (AMQPScheme::AMQPS, &None, &client, "client certificate"),
            (AMQPScheme::AMQP, &roots, &None, "expected amqps://"),
            (AMQPScheme::AMQP, &None, &client, "expected amqps://"),
        ] {
            let (roots, client) = (roots.clone(), client.clone());
            let refused = Security::new(&scheme, Certificates { roots, client });
            let error = refused.unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains("c2VjcmV0"), "{error}");
        }
    }
}
