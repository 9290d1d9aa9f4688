//! The URLs of brokers and servers.
//!
//! URLs may contain passwords, so no message contains one.

use crate::failure::Failure;

/// The environment variable of the URL.
pub(crate) const VARIABLE: &str = "EVENTKIT_URL";

/// A parsed URL.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// The URL of an HTTP server.
    Http(String),
    /// NATS servers, and the name of a stream.
    Nats {
        servers: String,
        stream: Option<String>,
    },
    /// The URL of a RabbitMQ broker.
    RabbitMq(String),
}

impl Address {
    /// Parses a URL by its scheme.
    pub(crate) fn parse(url: &str) -> Result<Self, Failure> {
        let Some((scheme, rest)) = url.split_once("://") else {
            return Err(Failure::usage(
                "the URL has no scheme, expected http://, https://, nats://, tls://, amqp:// or amqps://",
            ));
        };
        match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" => Ok(Self::Http(url.to_owned())),
            "nats" | "tls" => Self::nats(scheme, rest),
            "amqp" | "amqps" => Ok(Self::RabbitMq(url.to_owned())),
            _ => Err(Failure::usage(
                "the scheme of the URL is unknown, expected http, https, nats, tls, amqp or amqps",
            )),
        }
    }

    /// Splits the stream off: `nats://a:4222,nats://b:4222/shop`.
    fn nats(scheme: &str, rest: &str) -> Result<Self, Failure> {
        let hosts = rest.rfind("://").map_or(0, |at| at + "://".len());
        let (servers, stream) = match rest[hosts..].split_once('/') {
            Some((host, stream)) => (&rest[..hosts + host.len()], stream.trim_matches('/')),
            None => (rest, ""),
        };
        // Errors repeat the name of a stream, which this is not.
        if stream.contains('@') {
            return Err(Failure::usage(
                "the URL has an `@` after a `/`: write a `/` in a user or password as `%2F`",
            ));
        }
        Ok(Self::Nats {
            servers: format!("{scheme}://{servers}"),
            stream: (!stream.is_empty()).then(|| stream.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nats(servers: &str, stream: Option<&str>) -> Address {
        Address::Nats {
            servers: servers.to_owned(),
            stream: stream.map(str::to_owned),
        }
    }

    #[test]
    fn the_path_of_a_nats_url_is_the_stream() {
        for (url, expected) in [
            ("nats://h:4222", nats("nats://h:4222", None)),
            ("nats://h:4222/", nats("nats://h:4222", None)),
            ("nats://u:p@h/shop", nats("nats://u:p@h", Some("shop"))),
            ("tls://a,b:1/shop", nats("tls://a,b:1", Some("shop"))),
            (
                "nats://a,nats://b/shop",
                nats("nats://a,nats://b", Some("shop")),
            ),
        ] {
            assert!(Address::parse(url).unwrap() == expected, "{url}");
        }
    }

    #[test]
    fn a_wrong_url_is_not_repeated() {
        for url in [
            "ftp://user:secret@h",
            "user:secret@h",
            "nats://user:a/secret@h/shop",
        ] {
            let message = Address::parse(url).err().unwrap().message.unwrap();
            assert!(!message.contains("secret"), "{message}");
        }
    }
}
