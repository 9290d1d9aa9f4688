//! Brokers that require TLS, and the credentials of clients.

use std::fmt::Write;
use std::time::Duration;

use eventkit::transport::{TransportError, TransportErrorKind};
use eventkit_rabbitmq::{RabbitMq, RabbitMqBuilder};
use eventkit_tests::folder::Folder;
use eventkit_tests::rabbitmq::{Extras, Server};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::time::timeout;

use super::{PATIENCE, assert_says, event, publish};
use crate::node::Node;

use TransportErrorKind::{Configuration, Unavailable};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Returns a certificate for a host, and its key.
fn certificate(authority: &Authority, host: &str) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([host.to_owned()]).unwrap();
    // The plugin takes it for the name of the user.
    params.distinguished_name.push(DnType::CommonName, "guest");
    let certificate = params.signed_by(&key, authority).unwrap();
    (certificate.pem(), key.serialize_pem())
}

/// A broker with TLS.
struct Broker {
    server: Server,
    _folder: Folder,
}

impl Broker {
    /// Starts a broker with a certificate of an authority, or returns `None` where the tests with one are
    /// turned off.
    fn start(authority: &Authority, settings: &str, plugins: &'static str) -> Option<Self> {
        let folder = Folder::create();
        let (certificate, key) = certificate(authority, "localhost");
        let authority = authority.pem();
        let mut files = String::from("listeners.ssl.default = {port}\n");
        for (option, content) in [
            ("cacertfile", authority),
            ("certfile", certificate),
            ("keyfile", key),
        ] {
            let path = folder.write(option, &content);
            writeln!(files, "ssl_options.{option} = {}", path.display()).unwrap();
        }
        let settings = files + settings;
        let server = Server::start_with(Extras { settings, plugins })?;
        Some(Self {
            server,
            _folder: folder,
        })
    }

    fn url(&self, start: &str, rest: &str) -> String {
        format!("{start}:{}/%2f{rest}", self.server.extra_port())
    }
}

async fn refused(builder: RabbitMqBuilder) -> TransportError {
    let opening = timeout(PATIENCE, builder.open()).await;
    opening.expect("an answer").map(drop).unwrap_err()
}

#[tokio::test]
async fn a_broker_with_tls_and_a_private_authority() {
    let own = authority();
    let Some(mut broker) = Broker::start(&own, "", "") else {
        return;
    };
    let url = broker.url("amqps://localhost", "");
    let trusting = |url: &str| RabbitMq::connect(url).root_certificates(own.pem());

    let other = RabbitMq::connect(&url).root_certificates(authority().pem());
    assert_says(
        &refused(other).await,
        Configuration,
        &["InvalidCertificate"],
    );
    let other_host = trusting(&broker.url("amqps://127.0.0.1", ""));
    assert_says(
        &refused(other_host).await,
        Configuration,
        &["NotValidForName"],
    );
    let other_user = trusting(&broker.url("amqps://guest:s3cret@localhost", ""));
    assert_says(&refused(other_user).await, Configuration, &["ACCESS"]);

    let rabbitmq = trusting(&url).open().await.unwrap();
    let event = event("t", "1").build().unwrap();
    publish(&rabbitmq, &event).await;
    broker.server.kill();
    broker.server.restart();
    // The connection is encrypted again.
    timeout(PATIENCE, publish(&rabbitmq, &event))
        .await
        .expect("the transport reconnects");
}

#[tokio::test]
async fn a_broker_without_tls_is_refused_and_gets_no_credentials() {
    let node = Node::shared();
    let Some(port) = node.server().map(|server| server.port()) else {
        return;
    };
    let url = format!("amqps://guest:s3cret@localhost:{port}/%2f");
    let builder = RabbitMq::connect(url).root_certificates(authority().pem());
    let error = refused(builder.timeout(Duration::from_secs(2))).await;
    assert_says(&error, Configuration, &["connect to RabbitMQ at localhost"]);
}

#[tokio::test]
async fn a_broker_that_verifies_the_certificates_of_clients() {
    let own = authority();
    let settings = "ssl_options.verify = verify_peer\n\
                    ssl_options.fail_if_no_peer_cert = true\n\
                    ssl_cert_login_from = common_name\n\
                    auth_mechanisms.1 = EXTERNAL\n";
    let Some(broker) = Broker::start(&own, settings, "rabbitmq_auth_mechanism_ssl") else {
        return;
    };
    // The user is in the certificate.
    let url = broker.url(
        "amqps://nobody:s3cret@localhost",
        "?auth_mechanism=external",
    );
    let trusting = || RabbitMq::connect(&url).root_certificates(own.pem());
    let without = refused(trusting().timeout(Duration::from_secs(2))).await;
    assert!(
        matches!(without.kind(), Configuration | Unavailable),
        "{without:?}"
    );
    let (certificate, key) = certificate(&own, "client");
    let builder = trusting().client_certificate(certificate, key);
    assert!(!format!("{builder:?}").contains("PRIVATE"));
    let rabbitmq = builder.open().await.unwrap();
    publish(&rabbitmq, &event("t", "1").build().unwrap()).await;
}
