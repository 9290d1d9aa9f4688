//! Ephemeral subscriptions of NATS: an ordered consumer, which acknowledges nothing.

use std::fmt::Display;

use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::consumer::pull::{Ordered, OrderedConfig};
use async_nats::jetstream::{self, Context};
use async_nats::{Message, ServerAddr};
use eventkit::transport::{Subscription, is_reserved, with_causes};
use eventkit_nats::binding;
use futures_util::StreamExt;
use tokio::time::timeout;

use super::received::Received;
use crate::broker::BrokerArguments;
use crate::failure::Failure;
use crate::output;

pub(super) struct Ephemeral {
    messages: Ordered,
    subscription: Subscription,
    /// The prefix of the subjects, with a dot.
    prefix: String,
}

pub(super) async fn open(
    servers: &str,
    stream: &str,
    arguments: &BrokerArguments,
    subscription: Subscription,
    is_new: bool,
) -> Result<Ephemeral, Failure> {
    let prefix = arguments.subject_prefix.as_deref().unwrap_or(stream);
    let config = OrderedConfig {
        description: Some("eventkit listen".to_owned()),
        deliver_policy: if is_new {
            DeliverPolicy::New
        } else {
            DeliverPolicy::All
        },
        ..OrderedConfig::default()
    };
    let opening = async {
        let context = context(servers, arguments).await?;
        let found = context.get_stream(stream).await;
        let found = found.map_err(failed(&format!("open the stream `{stream}`")))?;
        let consumer = found.create_consumer(config).await;
        let consumer = consumer.map_err(failed("create a consumer"))?;
        consumer
            .messages()
            .await
            .map_err(failed("open the consumer"))
    };
    let messages = timeout(arguments.timeout(), opening).await;
    let messages = messages
        .map_err(|_| Failure::connection("NATS did not answer within the time limit"))??;
    Ok(Ephemeral {
        messages,
        subscription,
        prefix: format!("{prefix}."),
    })
}

async fn context(servers: &str, arguments: &BrokerArguments) -> Result<Context, Failure> {
    let mut options = arguments.nats_options().await?;
    let parsed: Result<Vec<ServerAddr>, _> =
        servers.split(',').map(|url| url.trim().parse()).collect();
    // The error may repeat the URL, which may contain a password.
    let parsed = parsed.map_err(|_| Failure::usage("the URL of NATS is malformed"))?;
    // The client itself ignores the credentials of URLs.
    if let Some(server) = parsed.iter().find(|server| server.username().is_some()) {
        let decode = |text: &str| {
            percent_encoding::percent_decode_str(text)
                .decode_utf8_lossy()
                .into_owned()
        };
        let user = server.username().map(decode).unwrap_or_default();
        options = match server.password() {
            Some(password) => options.user_and_password(user, decode(password)),
            None => options.token(user),
        };
    }
    let hosts: Vec<String> = parsed
        .iter()
        .map(|server| format!("{}:{}", server.host(), server.port()))
        .collect();
    let client = options.connect(parsed).await;
    let client = client.map_err(failed(&format!("connect to NATS at {}", hosts.join(", "))))?;
    Ok(match &arguments.domain {
        Some(domain) => jetstream::with_domain(client, domain),
        None => jetstream::new(client),
    })
}

fn failed<E: Display>(operation: &str) -> impl Fn(E) -> Failure + use<E> {
    let operation = operation.to_owned();
    move |error| Failure::connection(format!("failed to {operation}: {error}"))
}

impl Ephemeral {
    pub(super) async fn next(&mut self) -> Result<Received, Failure> {
        loop {
            match self.messages.next().await {
                Some(Ok(message)) => {
                    if let Some(received) = self.received(message.message) {
                        return Ok(received);
                    }
                }
                // The client continues after the last message.
                Some(Err(error)) => output::warn(format_args!("the subscription of NATS: {error}")),
                None => return Err(Failure::connection("the subscription of NATS has ended")),
            }
        }
    }

    /// Decodes a message; returns `None` if it is not selected.
    fn received(&self, message: Message) -> Option<Received> {
        let below = message.subject.strip_prefix(&self.prefix);
        // Dead letters and replays are messages of services.
        if below.is_some_and(is_reserved) {
            return None;
        }
        let headers = message.headers.iter().flat_map(|headers| headers.iter());
        let pairs: Vec<(&str, &str)> = headers
            .flat_map(|(name, values)| {
                let name: &str = name.as_ref();
                values.iter().map(move |value| (name, value.as_str()))
            })
            .collect();
        let event = binding::decode(&pairs, message.payload);
        if event
            .as_ref()
            .is_ok_and(|event| !self.subscription.selects(event.ty()))
        {
            return None;
        }
        Some(Received {
            event: event.map_err(|error| format!("{}: {}", message.subject, with_causes(&error))),
            handle: None,
        })
    }

    /// The server deletes the consumer soon.
    pub(super) async fn close(self) {
        drop(self.messages);
        // The client sends the rest in the background.
        tokio::task::yield_now().await;
    }
}
