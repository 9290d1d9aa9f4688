//! `eventkit send` and `health` over HTTPS, with private authorities and certificates of clients.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use eventkit_tests::folder::Folder;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::program::{Run, run};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Returns a certificate for a name, and its key.
fn certificate(authority: &Authority, name: &str) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new([name.to_owned()]).unwrap();
    (params.signed_by(&key, authority).unwrap(), key)
}

/// A server for `localhost` that responds to each request with 204.
struct Server {
    url: String,
    /// The request lines.
    received: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts a server, which asks for certificates of an authority if there is one.
    fn start(own: &Authority, clients: Option<&Authority>) -> Self {
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let config = match clients {
            Some(clients) => {
                let mut roots = RootCertStore::empty();
                roots.add(clients.der().clone()).unwrap();
                let roots = Arc::new(roots);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
                config.with_client_cert_verifier(verifier.build().unwrap())
            }
            None => config.with_no_client_auth(),
        };
        let (certificate, key) = certificate(own, "localhost");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = config.with_single_cert(vec![certificate.der().clone()], key);
        let config = Arc::new(config.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!(
            "https://localhost:{}",
            listener.local_addr().unwrap().port()
        );
        let received: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&received);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A handshake that fails is an error of the client too.
                if let Ok(line) = answer(&config, stream) {
                    log.lock().unwrap().push(line);
                }
            }
        });
        Self { url, received }
    }

    fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }
}

/// Responds to a request, and returns its first line.
fn answer(config: &Arc<ServerConfig>, stream: TcpStream) -> std::io::Result<String> {
    let connection = ServerConnection::new(Arc::clone(config)).unwrap();
    let mut reader = BufReader::new(StreamOwned::new(connection, stream));
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let (mut line, mut length) = (String::new(), 0);
    while line != "\r\n" {
        line.clear();
        reader.read_line(&mut line)?;
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    reader.read_exact(&mut vec![0; length])?;
    let stream = reader.get_mut();
    stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")?;
    stream.conn.send_close_notify();
    stream.flush()?;
    Ok(first.trim_end().to_owned())
}

/// Writes a file, and returns its path.
fn file(folder: &Folder, name: &str, content: &str) -> String {
    let path = folder.write(name, content);
    path.to_str().unwrap().to_owned()
}

fn send(url: &str, more: &[&str]) -> Run {
    run(&[&["send", url, "--type", "t", "--source", "/s"], more].concat())
}

#[test]
fn a_server_of_a_private_authority_is_trusted_if_it_is_named() {
    let own = authority();
    let server = Server::start(&own, None);
    let folder = Folder::create();
    let trusted = file(&folder, "ca.pem", &own.pem());
    let other = file(&folder, "other.pem", &authority().pem());

    let ended = send(&server.url, &["--ca-cert", &trusted]);
    ended.assert_code(0);
    assert_eq!(ended.json()[0]["outcome"], "accepted");
    let health = ["health", &server.url, "--ca-cert", &trusted];
    run(&health).assert_code(0);
    assert_eq!(server.received(), ["POST / HTTP/1.1", "GET / HTTP/1.1"]);

    for (url, more) in [
        (server.url.clone(), &[] as &[&str]),
        (server.url.clone(), &["--ca-cert", &other]),
        // The certificate is for another host.
        (
            server.url.replace("localhost", "127.0.0.1"),
            &["--ca-cert", &trusted],
        ),
    ] {
        let ended = send(&url, more);
        ended.assert_code(3);
        let error = ended.json()[0]["error"].to_string();
        assert!(error.contains("certificate"), "{url} {more:?}: {error}");
    }
    assert_eq!(server.received().len(), 2);
}

#[test]
fn a_client_shows_its_certificate() {
    let (own, clients) = (authority(), authority());
    let server = Server::start(&own, Some(&clients));
    let folder = Folder::create();
    let trusted = file(&folder, "ca.pem", &own.pem());
    let write = |name: &str, authority: &Authority| {
        let (certificate, key) = certificate(authority, "client");
        let certificate = file(&folder, &format!("{name}.pem"), &certificate.pem());
        let key = file(&folder, &format!("{name}.key"), &key.serialize_pem());
        (certificate, key)
    };
    let with = |(certificate, key): &(String, String)| {
        let identity = ["--client-cert", certificate, "--client-key", key];
        send(
            &server.url,
            &[&["--ca-cert", &trusted], &identity[..]].concat(),
        )
    };
    let client = write("client", &clients);
    let ended = with(&client);
    ended.assert_code(0);
    assert_eq!(ended.json()[0]["outcome"], "accepted");

    send(&server.url, &["--ca-cert", &trusted]).assert_code(3);
    with(&write("stranger", &own)).assert_code(3);
    assert_eq!(server.received().len(), 1);
    // Neither is of use without the other.
    send(&server.url, &["--client-cert", &client.0]).assert_code(2);
    send(&server.url, &["--client-key", &client.1]).assert_code(2);
}

#[test]
fn files_without_a_certificate_or_key_are_named() {
    let folder = Folder::create();
    let (certificate, key) = certificate(&authority(), "client");
    let certificate = file(&folder, "client.pem", &certificate.pem());
    let secret = key.serialize_pem();
    let key = file(&folder, "client.key", &secret);
    let empty = file(&folder, "empty.pem", "");
    let cut = file(&folder, "cut.key", &secret[..secret.len() / 2]);
    let absent = "/no/such/file";
    let identity = |certificate, key| vec!["--client-cert", certificate, "--client-key", key];
    for (arguments, path) in [
        (vec!["--ca-cert", absent], absent),
        (vec!["--ca-cert", &empty], &empty),
        (vec!["--ca-cert", &key], &key),
        (identity(absent, &key), absent),
        (identity(&empty, &key), &empty),
        (identity(&certificate, absent), absent),
        (identity(&certificate, &empty), &empty),
        (identity(&certificate, &certificate), &certificate),
        (identity(&certificate, &cut), &cut),
    ] {
        for url in [
            "https://localhost:1",
            "nats://localhost:1",
            "amqps://localhost:1",
        ] {
            let ended = send(url, &arguments);
            ended.assert_code(4);
            ended.assert_says(&[path]);
            let body = secret.lines().nth(1).unwrap();
            assert!(!ended.stderr.contains(body), "{ended:#?}");
        }
    }
}
