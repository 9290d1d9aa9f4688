//! The conformance tests of transports.
//!
//! Publishing over HTTP completes when the handlers are done, but the tests wait for it before they
//! consume the message. So each message is published in a separate task, like by another process.

use std::time::Duration;

use eventkit::transport::{
    BoxFuture, Consumer, Published, Publisher, RawMessage, Subscription, Transport, TransportError,
};
use eventkit::{BoxError, Event};
use eventkit_webhook::{Endpoint, Sender};

/// An endpoint, and a sender to it with unlimited retries.
#[derive(Debug, Clone)]
struct Both {
    endpoint: Endpoint,
    sender: Sender,
}

fn endpoint() -> Endpoint {
    let endpoint = Endpoint::builder().retry_after(Duration::ZERO);
    endpoint.build().unwrap()
}

fn sender(url: &str, endpoint: Option<&Endpoint>) -> Sender {
    let (first, longest) = (Duration::from_millis(10), Duration::from_millis(100));
    let sender = Sender::to(url).attempts(u32::MAX).backoff(first, longest);
    let sender = sender.total_timeout(Duration::MAX).timeout(Duration::MAX);
    let sender = match endpoint {
        Some(endpoint) => sender.client(endpoint.clone()),
        None => sender,
    };
    sender.build().unwrap()
}

impl Publisher for Both {
    fn publish_event<'a>(
        &'a self,
        event: &'a Event,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        let (sender, event) = (self.sender.clone(), event.clone());
        Box::pin(async move {
            tokio::spawn(async move { sender.publish(&event).await.unwrap() });
            Ok(Published::default())
        })
    }

    fn publish_raw<'a>(
        &'a self,
        ty: &'a str,
        message: &'a RawMessage,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        let (sender, ty, message) = (self.sender.clone(), ty.to_owned(), message.clone());
        Box::pin(async move {
            tokio::spawn(async move { sender.publish_raw(&ty, &message).await.unwrap() });
            Ok(Published::default())
        })
    }
}

impl Transport for Both {
    fn name(&self) -> &str {
        self.endpoint.name()
    }

    fn prepare(&self, subscriptions: &[Subscription]) {
        self.endpoint.prepare(subscriptions);
    }

    fn subscribe<'a>(
        &'a self,
        subscription: &'a Subscription,
    ) -> BoxFuture<'a, Result<Box<dyn Consumer>, TransportError>> {
        self.endpoint.subscribe(subscription)
    }
}

macro_rules! setup {
    ($name:ident) => {
        impl eventkit_transport_tests::Fixture for $name {
            fn open(&self) -> BoxFuture<'_, Result<Box<dyn Transport>, BoxError>> {
                Box::pin(async { Ok(Box::new(self.0.clone()) as Box<dyn Transport>) })
            }

            fn keeps_order(&self) -> bool {
                false
            }

            fn detects_duplicates(&self) -> bool {
                false
            }

            fn delivers_invalid_messages(&self) -> bool {
                false
            }

            fn has_durable_subscriptions(&self) -> bool {
                false
            }

            fn has_reserved_types(&self) -> bool {
                false
            }
        }
    };
}

/// Without a network.
struct Direct(Both);

setup!(Direct);

impl Direct {
    fn new() -> Self {
        let endpoint = endpoint();
        let sender = sender("http://localhost/", Some(&endpoint));
        Self(Both { endpoint, sender })
    }
}

/// Over connections, with the server of the endpoint.
struct Served(Both);

setup!(Served);

impl Served {
    async fn new() -> Self {
        let endpoint = endpoint();
        let sender = sender(&super::harness::serve(&endpoint).await, None);
        Self(Both { endpoint, sender })
    }
}

mod direct {
    eventkit_transport_tests::transport_tests! {
        #[tokio::test(start_paused = true)]
        super::Direct::new()
    }
}

mod served {
    eventkit_transport_tests::transport_tests! {
        #[tokio::test]
        super::Served::new().await
    }
}
