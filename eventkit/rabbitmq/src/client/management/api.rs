//! The requests to the management API.

use std::fmt;
use std::time::Duration;

use eventkit::transport::TransportError;
use lapin::uri::{AMQPScheme, AMQPUri};
use percent_encoding::percent_decode_str;
use reqwest::redirect;
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The maximum size of an answer.
const MAX_BYTES: usize = 4 << 20;

/// The time after which a request is repeated that has failed at the broker. A node that is starting or busy answers
/// some with an internal error.
const RETRY_DELAY: Duration = Duration::from_millis(500);

/// The number of queues of a page; there are fewer delay queues.
const PAGE: &str = "100";

/// The management API for one virtual host.
pub(crate) struct Api {
    client: reqwest::Client,
    /// The URL of the virtual host's objects, without credentials.
    base: Url,
    user: String,
    password: String,
    vhost: String,
    timeout: Duration,
}

/// A queue as the API describes it.
#[derive(Debug, Deserialize)]
pub(super) struct Queue {
    pub(super) name: String,
    #[serde(default)]
    policy: Option<String>,
    #[serde(default)]
    operator_policy: Option<String>,
    /// The settings of both policies. They are part of the statistics, and missing until these are collected.
    #[serde(default)]
    effective_policy_definition: Option<Value>,
}

impl Queue {
    /// Returns the settings of the policies, if they are known.
    pub(super) fn settings(&self) -> Option<Map<String, Value>> {
        match self.effective_policy_definition.as_ref()? {
            Value::Object(settings) => Some(settings.clone()),
            // An empty object is an empty list in some versions.
            _ => Some(Map::new()),
        }
    }

    /// Describes the queue and its policies in an error.
    pub(super) fn description(&self) -> String {
        let policies = [
            ("the policy", &self.policy),
            ("the operator policy", &self.operator_policy),
        ];
        let names = policies
            .into_iter()
            .filter_map(|(kind, name)| Some(format!("{kind} `{}`", name.as_deref()?)));
        let names: Vec<String> = names.filter(|name| !name.ends_with("``")).collect();
        let queue = format!("the queue `{}`", self.name);
        if names.is_empty() {
            return queue;
        }
        format!("{queue} with {}", names.join(" and "))
    }
}

/// A binding as the API describes it.
#[derive(Debug, Deserialize)]
pub(super) struct FoundBinding {
    pub(super) source: String,
    pub(super) routing_key: String,
}

#[derive(Debug, Deserialize)]
struct Exchange {
    #[serde(default)]
    policy: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Policy {
    definition: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
struct Page {
    items: Vec<Queue>,
}

#[derive(Debug, Deserialize)]
struct Overview {
    rabbitmq_version: String,
}

impl Api {
    /// Creates the client. The credentials are those of the URL, or else those of the broker's URL.
    pub(crate) fn new(
        url: &str,
        client: Option<reqwest::Client>,
        broker: &AMQPUri,
        timeout: Duration,
    ) -> Result<Self, TransportError> {
        let malformed = || {
            TransportError::configuration(
                "the URL of the management API is malformed: expected http://user:password@host:15672",
            )
        };
        let mut base = Url::parse(url).map_err(|_| malformed())?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(malformed());
        }
        let broker_user = &broker.authority.userinfo;
        let (user, password) = if base.username().is_empty() {
            if broker.scheme == AMQPScheme::AMQPS && base.scheme() == "http" {
                return Err(TransportError::configuration(
                    "the management API would get the password of the broker without TLS: expected \
                     https://, or a user in the URL",
                ));
            }
            (broker_user.username.clone(), broker_user.password.clone())
        } else {
            let decode =
                |text: &str| Some(percent_decode_str(text).decode_utf8().ok()?.into_owned());
            let password = base.password().unwrap_or_default();
            let pair = decode(base.username()).zip(decode(password));
            pair.ok_or_else(malformed)?
        };
        base.set_username("").map_err(|()| malformed())?;
        base.set_password(None).map_err(|()| malformed())?;
        let client = match client {
            Some(client) => client,
            None => default_client()?,
        };
        Ok(Self {
            client,
            base,
            user,
            password,
            vhost: broker.vhost.clone(),
            timeout,
        })
    }

    /// Returns the major version of the broker, if it is a number.
    pub(super) async fn major_version(&self) -> Result<Option<u32>, TransportError> {
        let path = ["overview"];
        let overview: Option<Overview> = self.get(&path, &[]).await?;
        // Everything else may be absent.
        let overview = overview.ok_or_else(|| not_the_api(self.url(&path, &[]).path()))?;
        let mut numbers = overview.rabbitmq_version.split('.');
        Ok(numbers.next().and_then(|major| major.parse().ok()))
    }

    pub(super) async fn queue(&self, name: &str) -> Result<Option<Queue>, TransportError> {
        self.get(&["queues", &self.vhost, name], &[]).await
    }

    /// Returns the queues whose names match a regular expression.
    pub(super) async fn queues(&self, pattern: &str) -> Result<Vec<Queue>, TransportError> {
        let query = [
            ("page", "1"),
            ("page_size", PAGE),
            ("use_regex", "true"),
            ("name", pattern),
        ];
        let page: Option<Page> = self.get(&["queues", &self.vhost], &query).await?;
        Ok(page.map(|page| page.items).unwrap_or_default())
    }

    /// Returns the bindings of a queue.
    pub(super) async fn bindings(&self, queue: &str) -> Result<Vec<FoundBinding>, TransportError> {
        let path = ["queues", &self.vhost, queue, "bindings"];
        Ok(self.get(&path, &[]).await?.unwrap_or_default())
    }

    /// Returns the name and the settings of the policy of an exchange, if it has one.
    pub(super) async fn policy_of(
        &self,
        exchange: &str,
    ) -> Result<Option<(String, Map<String, Value>)>, TransportError> {
        let path = ["exchanges", &self.vhost, exchange];
        let found: Option<Exchange> = self.get(&path, &[]).await?;
        let Some(name) = found.and_then(|found| found.policy) else {
            return Ok(None);
        };
        let policy: Option<Policy> = self.get(&["policies", &self.vhost, &name], &[]).await?;
        Ok(policy.map(|policy| (name, policy.definition)))
    }

    /// Reads an object; `None` if it does not exist.
    async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Option<T>, TransportError> {
        let url = self.url(path, query);
        let what = url.path().to_owned();
        let send = || {
            let request = self.client.get(url.clone());
            let request = request.basic_auth(&self.user, Some(&self.password));
            request.timeout(self.timeout).send()
        };
        let failed = |error: reqwest::Error| {
            let message = format!("failed to ask the management API for {what}");
            TransportError::unavailable(message).with_source(error.without_url())
        };
        let mut response = send().await.map_err(failed)?;
        if response.status().is_server_error() {
            tokio::time::sleep(RETRY_DELAY).await;
            response = send().await.map_err(failed)?;
        }
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(TransportError::configuration(format!(
                    "the management API refuses the user `{}`: the user needs the tag `management`, and \
                     permissions for the virtual host `{}`",
                    self.user, self.vhost
                )));
            }
            status => {
                return Err(TransportError::unavailable(format!(
                    "the management API answers {status} for {what}"
                )));
            }
        }
        let body = read(response).await.map_err(failed)?;
        let parsed = body.and_then(|body| serde_json::from_slice(&body).ok());
        parsed.map(Some).ok_or_else(|| not_the_api(&what))
    }

    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        // Each segment is percent-encoded. The constructor has refused URLs without a path.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("api").extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}

fn default_client() -> Result<reqwest::Client, TransportError> {
    let builder = reqwest::Client::builder().redirect(redirect::Policy::none());
    builder.build().map_err(|error| {
        TransportError::configuration("failed to create the client of the management API")
            .with_source(error)
    })
}

fn not_the_api(path: &str) -> TransportError {
    TransportError::configuration(format!(
        "no management API answers {path}: expected its URL, such as http://host:15672"
    ))
}

/// Reads the body of a response; `None` if it is too long.
async fn read(mut response: reqwest::Response) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_BYTES {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

impl fmt::Debug for Api {
    /// Omits the credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("base", &self.base.as_str())
            .field("vhost", &self.vhost)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    fn api(url: &str) -> Result<Api, TransportError> {
        let broker = "amqp://shop:s3cret@localhost/a%2fb".parse().unwrap();
        Api::new(url, None, &broker, Duration::from_secs(1))
    }

    #[test]
    fn urls_have_encoded_segments_and_no_credentials() {
        let own = api("http://ann:p%40ss@localhost:15672/rabbit/").unwrap();
        assert_eq!((&*own.user, &*own.password), ("ann", "p@ss"));
        let url = own.url(&["queues", &own.vhost, "shop.s"], &[]);
        let expected = "http://localhost:15672/rabbit/api/queues/a%2Fb/shop.s";
        assert_eq!(url.as_str(), expected);
        assert!(!format!("{own:?}").contains("p@ss"), "{own:?}");

        let own = api("http://localhost:15672").unwrap();
        assert_eq!((&*own.user, &*own.password), ("shop", "s3cret"));
    }

    #[test]
    fn the_password_of_an_encrypted_connection_is_not_sent_without_tls() {
        let broker = "amqps://shop:s3cret@localhost".parse().unwrap();
        let api = |url| Api::new(url, None, &broker, Duration::from_secs(1)).map(drop);
        let error = api("http://localhost:15672").unwrap_err().to_string();
        assert!(error.contains("without TLS"), "{error}");
        api("http://ann:word@localhost:15672").unwrap();
        api("https://localhost:15671").unwrap();
    }

    #[test]
    fn malformed_urls_are_refused_without_their_password() {
        for url in ["localhost:15672", "amqp://ann:p4ss@localhost", "http://"] {
            let error = api(url).map(drop).unwrap_err();
            assert!(!format!("{error:?}").contains("p4ss"), "{error:?}");
        }
    }

    #[tokio::test]
    async fn an_internal_error_is_not_the_last_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            for status in ["500 Internal Server Error", "404 Not Found"] {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 4096]).unwrap();
                let head = "content-length: 0\r\nconnection: close";
                write!(stream, "HTTP/1.1 {status}\r\n{head}\r\n\r\n").unwrap();
            }
        });
        let found = api(&url).unwrap().queue("shop.s").await.unwrap();
        assert!(found.is_none(), "{found:?}");
        server.join().unwrap();
    }
}
