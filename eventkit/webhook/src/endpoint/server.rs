//! The HTTP server of an endpoint, and its tower service for other servers.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use eventkit::BoxError;
use eventkit::binding::http::Problem;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};

use super::shared::{Endpoint, Shared};

/// The delay after a failed `accept`, because the next one usually fails as well.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(500);

/// How long a connection may be idle during shutdown, before it is closed.
const MAX_IDLE_AT_SHUTDOWN: Duration = Duration::from_secs(1);

impl Endpoint {
    /// Responds to a request whose body has not been read yet, within the limits of the endpoint.
    ///
    /// The body is read only if the rest of the request is accepted.
    pub async fn handle<B>(&self, request: Request<B>) -> Response<Full<Bytes>>
    where
        B: Body,
        B::Error: Into<BoxError>,
    {
        let shared = &*self.shared;
        let (parts, body) = request.into_parts();
        let response = match shared.admit(&parts) {
            Err(response) => *response,
            Ok(token) => match shared.read(body).await {
                Err(problem) => problem.into(),
                Ok(body) => shared.deliver(&parts.headers, body, token).await,
            },
        };
        response.map(Full::new)
    }

    /// Runs an HTTP/1.1 server that accepts every path until a signal, and then shuts down
    /// gracefully.
    ///
    /// The signal [closes](Endpoint::close) the endpoint. This returns once all requests have a
    /// response, or after the [`shutdown_timeout`](crate::EndpointBuilder::shutdown_timeout). Stop
    /// the service only after that, because its handlers are needed until then.
    ///
    /// The server does not support TLS, which the webhook specification requires (2.1): use a
    /// reverse proxy, or mount the endpoint in a server with TLS.
    ///
    /// # Errors
    ///
    /// Returns an error if the listener has no local address.
    pub async fn serve(
        &self,
        listener: TcpListener,
        signal: impl Future<Output = ()> + Send,
    ) -> io::Result<()> {
        listener.local_addr()?;
        let connections = self
            .shared
            .settings
            .max_connections
            .min(Semaphore::MAX_PERMITS);
        let connections = Arc::new(Semaphore::new(connections));
        let graceful = GracefulShutdown::new();
        let (closing, closed) = watch::channel(false);
        let mut signal = std::pin::pin!(signal);
        loop {
            let accept = async {
                let permit = Arc::clone(&connections).acquire_owned().await;
                let permit = permit.map_err(io::Error::other)?;
                listener.accept().await.map(|(stream, _)| (stream, permit))
            };
            tokio::select! {
                biased;
                () = &mut signal => break,
                accepted = accept => match accepted {
                    Ok((stream, permit)) => self.spawn(stream, permit, &graceful, closed.clone()),
                    // The peer closed the connection, or too many files are open.
                    Err(error) => {
                        tracing::warn!(%error, "failed to accept a connection");
                        sleep(ACCEPT_RETRY_DELAY).await;
                    }
                },
            }
        }
        drop(listener);
        self.close();
        closing.send_replace(true);
        let shutdown = timeout(self.shared.settings.shutdown_timeout, graceful.shutdown()).await;
        if shutdown.is_err() {
            let unsettled = self.unsettled();
            tracing::warn!(unsettled, "the graceful shutdown timed out");
        }
        Ok(())
    }

    fn spawn(
        &self,
        stream: TcpStream,
        permit: OwnedSemaphorePermit,
        graceful: &GracefulShutdown,
        closed: watch::Receiver<bool>,
    ) {
        // Responses are small, and must not be delayed to collect more data.
        let _ = stream.set_nodelay(true);
        let endpoint = self.clone();
        let requests = Arc::new(Requests::default());
        let own_requests = Arc::clone(&requests);
        let service = service_fn(move |request| {
            let (endpoint, requests) = (endpoint.clone(), Arc::clone(&own_requests));
            async move {
                requests.received.fetch_add(1, Ordering::Relaxed);
                let response = endpoint.handle(request).await;
                requests.handled.fetch_add(1, Ordering::Relaxed);
                Ok::<_, Infallible>(response)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.shared.settings.read_timeout)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(%error, "failed to serve a connection");
                },
                () = requests.idle_at_shutdown(closed) => {}
            }
            drop(permit);
        });
    }
}

/// The requests on one connection.
#[derive(Debug, Default)]
struct Requests {
    received: AtomicUsize,
    handled: AtomicUsize,
}

impl Requests {
    /// Waits until the server shuts down and the connection is idle.
    ///
    /// At shutdown, hyper closes idle connections but waits for a request that has only begun to
    /// arrive.
    async fn idle_at_shutdown(&self, mut closed: watch::Receiver<bool>) {
        // The server ends only after it has sent this, so an error means the same.
        let _ = closed.wait_for(|closed| *closed).await;
        loop {
            let handled = self.handled.load(Ordering::Relaxed);
            sleep(MAX_IDLE_AT_SHUTDOWN).await;
            if self.received.load(Ordering::Relaxed) == handled {
                return;
            }
        }
    }
}

impl Shared {
    async fn read<B>(&self, body: B) -> Result<Bytes, Problem>
    where
        B: Body,
        B::Error: Into<BoxError>,
    {
        let limit = self.settings.limits.body_bytes;
        let read_timeout = self.settings.read_timeout;
        if body.size_hint().lower() > limit as u64 {
            return Err(too_large());
        }
        let body = std::pin::pin!(body);
        let read = Limited::new(body, limit).collect();
        let (status, title, detail) = match timeout(read_timeout, read).await {
            Ok(Ok(collected)) => return Ok(collected.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(too_large()),
            Ok(Err(error)) => {
                let detail = format!("failed to read the body: {error}");
                (StatusCode::BAD_REQUEST, "Unreadable body", detail)
            }
            Err(_) => {
                let detail = format!("the body was not received within {read_timeout:?}");
                (StatusCode::REQUEST_TIMEOUT, "Body timed out", detail)
            }
        };
        Err(Problem::new(status, title, detail))
    }
}

fn too_large() -> Problem {
    let detail = "the body is larger than the limit of this endpoint";
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "Body too large", detail)
}

impl<B> tower_service::Service<Request<B>> for Endpoint
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let endpoint = self.clone();
        Box::pin(async move { Ok(endpoint.handle(request).await) })
    }
}
