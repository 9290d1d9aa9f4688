//! An HTTP server that receives events, by the endpoint of `eventkit-webhook`.

use std::io;
use std::path::PathBuf;

use eventkit::transport::{Consumer, Subscription, Transport};
use eventkit_webhook::Endpoint;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::received::{self, Received};
use crate::broker;
use crate::failure::Failure;
use crate::output;

/// A running server. It responds to a request once its events are printed.
pub(super) struct Server {
    consumer: Box<dyn Consumer>,
    stop: oneshot::Sender<()>,
    running: JoinHandle<io::Result<()>>,
}

pub(super) async fn open(
    address: &str,
    token_file: Option<&PathBuf>,
    subscription: &Subscription,
) -> Result<Server, Failure> {
    let mut endpoint = Endpoint::builder().allow_any_origin();
    if let Some(path) = token_file {
        endpoint = endpoint.token(broker::read(path)?.trim());
    }
    let endpoint = endpoint
        .build()
        .map_err(|error| Failure::usage(error.to_string()))?;
    let listener = TcpListener::bind(address).await;
    let listener = listener
        .map_err(|error| Failure::connection(format!("failed to bind {address}: {error}")))?;
    let local = listener.local_addr();
    let local = local.map_err(|error| Failure::connection(format!("failed to bind: {error}")))?;
    // A transport accepts any start; an endpoint has only new events.
    let mut subscription = subscription.clone();
    subscription.start = None;
    let consumer = endpoint.subscribe(&subscription).await?;
    let (stop, stopped) = oneshot::channel();
    let running = tokio::spawn(async move {
        endpoint
            .serve(listener, async { drop(stopped.await) })
            .await
    });
    output::note(format_args!("listening on http://{local}; end with Ctrl-C"));
    Ok(Server {
        consumer,
        stop,
        running,
    })
}

impl Server {
    pub(super) async fn next(&mut self) -> Result<Received, Failure> {
        received::next(&mut *self.consumer).await
    }

    /// Refuses events that were not printed, so that their senders keep them, and stops the server.
    pub(super) async fn close(self) {
        received::close(self.consumer).await;
        drop(self.stop);
        match self.running.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => output::warn(format_args!("the HTTP server failed: {error}")),
            Err(error) => output::warn(format_args!("the HTTP server failed: {error}")),
        }
    }
}
