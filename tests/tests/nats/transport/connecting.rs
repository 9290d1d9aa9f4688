//! Servers that require TLS, and all kinds of credentials.

use std::path::PathBuf;
use std::time::Duration;

use async_nats::ConnectOptions;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use eventkit::transport::{TransportError, TransportErrorKind};
use eventkit_nats::Nats;
use eventkit_tests::folder::Folder;
use eventkit_tests::nats::Server;
use nkeys::KeyPair;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::{PATIENCE, assert_says, event};

use TransportErrorKind::{Configuration, Unavailable};

/// Starts a server with a configuration file.
fn start(folder: &Folder, config: &str) -> Option<Server> {
    let path = folder.write("server.conf", config);
    Server::start_with(&["--config", path.to_str().unwrap()])
}

/// The files of a certificate authority and of certificates that it signed.
struct Certificates {
    authority: PathBuf,
    /// The certificate and the key of the server.
    server: (PathBuf, PathBuf),
    /// The certificate and the key of a client.
    client: (PathBuf, PathBuf),
}

impl Certificates {
    fn new(folder: &Folder) -> Self {
        let key = || rcgen::KeyPair::generate().unwrap();
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, key()).unwrap();
        let sign = |name: &str, host: &str| {
            let key = key();
            let params = CertificateParams::new([host.to_owned()]).unwrap();
            let certificate = params.signed_by(&key, &authority).unwrap();
            (
                folder.write(&format!("{name}.pem"), &certificate.pem()),
                folder.write(&format!("{name}-key.pem"), &key.serialize_pem()),
            )
        };
        Self {
            server: sign("server", "127.0.0.1"),
            client: sign("client", "client"),
            authority: folder.write("authority.pem", &authority.pem()),
        }
    }

    /// Returns the TLS block of a server configuration.
    fn config(&self, more: &str) -> String {
        let (certificate, key) = &self.server;
        format!(
            "tls {{ cert_file: \"{}\", key_file: \"{}\", ca_file: \"{}\", {more} }}\n",
            certificate.display(),
            key.display(),
            self.authority.display(),
        )
    }
}

/// Returns the URL of a server with another scheme, after a prefix of credentials that ends in `@`.
fn url(server: &Server, start: &str) -> String {
    server.url().replace("nats://", start)
}

/// Asserts that a transport with these options publishes, before and after a restart of the server.
async fn assert_connects(mut server: Server, url: String, options: Option<ConnectOptions>) {
    let builder = Nats::connect(url).timeout(Duration::from_secs(2));
    let builder = match options {
        Some(options) => builder.options(options),
        None => builder,
    };
    let nats = builder.open().await.unwrap_or_else(|error| {
        let log = server.log();
        panic!("{error:?}\n{log}")
    });
    nats.publish(&event("t", "1").build().unwrap())
        .await
        .unwrap();
    server.kill();
    server.restart();
    let again = async {
        while let Err(error) = nats.publish(&event("t", "2").build().unwrap()).await {
            assert_eq!(error.kind(), Unavailable, "{error:?}");
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, again)
        .await
        .expect("the transport should reconnect");
}

async fn refused(url: String, options: ConnectOptions) -> TransportError {
    Nats::connect(url)
        .options(options)
        .open()
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_server_with_tls_and_a_private_authority() {
    let folder = Folder::create();
    let certificates = Certificates::new(&folder);
    let trusting = || ConnectOptions::new().add_root_certificates(certificates.authority.clone());
    for scheme in ["nats://", "tls://"] {
        let Some(server) = start(&folder, &certificates.config("")) else {
            return;
        };
        let error = refused(url(&server, scheme), ConnectOptions::new()).await;
        assert_says(&error, Configuration, &["127.0.0.1", "certificate"]);
        // The certificate is for another host name.
        let other = server.url().replace("nats://127.0.0.1", "tls://localhost");
        let error = refused(other, trusting()).await;
        assert_says(&error, Configuration, &["localhost", "certificate"]);
        let url = url(&server, scheme);
        assert_connects(server, url, Some(trusting())).await;
    }
}

#[tokio::test]
async fn a_server_without_tls_is_an_error_if_tls_is_required() {
    let Some(server) = Server::start() else {
        return;
    };
    let folder = Folder::create();
    let options = ConnectOptions::new().add_root_certificates(Certificates::new(&folder).authority);
    let error = timeout(PATIENCE, refused(url(&server, "tls://"), options)).await;
    assert_says(&error.unwrap(), Configuration, &["127.0.0.1"]);
}

#[tokio::test]
async fn a_server_that_verifies_the_certificates_of_clients() {
    let folder = Folder::create();
    let certificates = Certificates::new(&folder);
    let Some(server) = start(&folder, &certificates.config("verify: true")) else {
        return;
    };
    let trusting = || ConnectOptions::new().add_root_certificates(certificates.authority.clone());
    let error = refused(url(&server, "tls://"), trusting()).await;
    assert_says(&error, Configuration, &["127.0.0.1"]);
    let (certificate, key) = certificates.client.clone();
    let options = trusting().add_client_certificate(certificate, key);
    let url = url(&server, "tls://");
    assert_connects(server, url, Some(options)).await;
}

#[tokio::test]
async fn a_user_and_a_password_over_tls() {
    let folder = Folder::create();
    let certificates = Certificates::new(&folder);
    let config = certificates.config("") + "authorization { user: ann, password: \"p@ss\" }";
    let trusting = || ConnectOptions::new().add_root_certificates(certificates.authority.clone());
    for in_url in [true, false] {
        let Some(server) = start(&folder, &config) else {
            return;
        };
        let error = refused(url(&server, "tls://ann:other@"), trusting()).await;
        assert_says(&error, Configuration, &["127.0.0.1", "authorization"]);
        let (url, options) = if in_url {
            (url(&server, "tls://ann:p%40ss@"), trusting())
        } else {
            let options = trusting().user_and_password("ann".into(), "p@ss".into());
            (url(&server, "tls://"), options)
        };
        assert_connects(server, url, Some(options)).await;
    }
}

#[tokio::test]
async fn users_passwords_and_tokens_as_options_and_in_the_url() {
    for (arguments, in_url, options) in [
        (
            ["--user", "ann", "--pass", "word"].as_slice(),
            "nats://ann:word@",
            ConnectOptions::new().user_and_password("ann".into(), "word".into()),
        ),
        (
            &["--auth", "t0ken"],
            "nats://t0ken@",
            ConnectOptions::new().token("t0ken".into()),
        ),
    ] {
        let Some(server) = Server::start_with(arguments) else {
            return;
        };
        let error = refused(server.url(), ConnectOptions::new()).await;
        assert_says(&error, Configuration, &["authorization"]);
        let url = url(&server, in_url);
        assert_connects(server, url, None).await;
        let Some(server) = Server::start_with(arguments) else {
            return;
        };
        let url = server.url();
        assert_connects(server, url, Some(options)).await;
    }
}

#[tokio::test]
async fn an_nkey() {
    let folder = Folder::create();
    let user = KeyPair::new_user();
    let config = format!(
        "authorization {{ users: [{{ nkey: {} }}] }}",
        user.public_key()
    );
    let Some(server) = start(&folder, &config) else {
        return;
    };
    let other = ConnectOptions::new().nkey(KeyPair::new_user().seed().unwrap());
    let error = refused(server.url(), other).await;
    assert_says(&error, Configuration, &["authorization"]);
    let options = ConnectOptions::new().nkey(user.seed().unwrap());
    let url = server.url();
    assert_connects(server, url, Some(options)).await;
}

/// Returns a NATS JWT about a key, signed by another key.
fn jwt(issuer: &KeyPair, subject: &KeyPair, claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = encode(&json!({ "typ": "JWT", "alg": "ed25519-nkey" }));
    let payload = encode(&json!({
        "jti": "id",
        "iat": 1_700_000_000,
        "iss": issuer.public_key(),
        "sub": subject.public_key(),
        "name": "tests",
        "nats": claims,
    }));
    let signed = format!("{header}.{payload}");
    let signature = issuer.sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Returns the claims of an account without limits.
fn account() -> Value {
    json!({
        "type": "account",
        "version": 2,
        "limits": {
            "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1,
            "wildcards": true, "conn": -1, "leaf": -1,
            "mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1,
        },
    })
}

/// Returns the content of a `.creds` file: the JWT of a user, and its seed.
fn credentials(account: &KeyPair) -> String {
    let user = KeyPair::new_user();
    let claims = json!({ "type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1 });
    format!(
        "-----BEGIN NATS USER JWT-----\n{}\n------END NATS USER JWT------\n\n\
         -----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
        jwt(account, &user, &claims),
        user.seed().unwrap()
    )
}

#[tokio::test]
async fn a_credentials_file_of_an_operator() {
    let folder = Folder::create();
    let operator = KeyPair::new_operator();
    let [system, shop, foreign] = [(); 3].map(|()| KeyPair::new_account());
    let of_operator = jwt(
        &operator,
        &operator,
        &json!({ "type": "operator", "version": 2 }),
    );
    // The system account has no JetStream.
    let of_system =
        json!({ "type": "account", "version": 2, "limits": { "subs": -1, "conn": -1 } });
    let config = format!(
        "operator: {of_operator}\nsystem_account: {}\nresolver: MEMORY\nresolver_preload: {{ {}: \
         {}, {}: {} }}\n",
        system.public_key(),
        system.public_key(),
        jwt(&operator, &system, &of_system),
        shop.public_key(),
        jwt(&operator, &shop, &account()),
    );
    let Some(server) = start(&folder, &config) else {
        return;
    };
    let other = ConnectOptions::with_credentials(&credentials(&foreign)).unwrap();
    let error = refused(server.url(), other).await;
    assert_says(&error, Configuration, &["authorization"]);
    let path = folder.write("shop.creds", &credentials(&shop));
    let options = ConnectOptions::with_credentials_file(path).await.unwrap();
    let url = server.url();
    assert_connects(server, url, Some(options)).await;
}
