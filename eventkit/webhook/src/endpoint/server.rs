//! Servers: its own, and those of others.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use super::{Endpoint, Shared};
use eventkit::BoxError;
use eventkit::binding::http::Problem;

/// How long nothing is accepted after the system could not.
const AFTER_ERROR: Duration = Duration::from_millis(500);

impl Endpoint {
    /// Answers a request whose body is still to be read, within the limits of the endpoint.
    ///
    /// What can be refused without the body is refused before it is read.
    pub async fn handle<B>(&self, request: Request<B>) -> Response<Full<Bytes>>
    where
        B: Body,
        B::Error: Into<BoxError>,
    {
        let shared = &*self.shared;
        let (parts, body) = request.into_parts();
        let response = match shared.admit(&parts) {
            Err(response) => *response,
            Ok(found) => match shared.read(body).await {
                Err(problem) => problem.into(),
                Ok(body) => shared.deliver(&parts.headers, body, found).await,
            },
        };
        response.map(Full::new)
    }

    /// Runs an HTTP/1.1 server until a signal, on every path, and returns when what was being
    /// handled has been answered, or after [`drain_within`](super::EndpointBuilder::drain_within).
    ///
    /// With the signal the endpoint is [closed](Endpoint::close). The handlers have to go on until
    /// this has returned: a service is stopped after it.
    ///
    /// The server speaks no TLS, which the specification of webhooks asks for (2.1): in front of it
    /// is something that does, or another server that the endpoint is mounted in.
    ///
    /// # Errors
    ///
    /// Where the listener does not work.
    pub async fn serve(
        &self,
        listener: TcpListener,
        signal: impl Future<Output = ()> + Send,
    ) -> io::Result<()> {
        listener.local_addr()?;
        let connections = self.shared.connections.min(Semaphore::MAX_PERMITS);
        let connections = Arc::new(Semaphore::new(connections));
        let graceful = GracefulShutdown::new();
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
                    Ok((stream, permit)) => self.spawn(stream, permit, &graceful),
                    // The connection is gone already, or there are too many files open.
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        sleep(AFTER_ERROR).await;
                    }
                },
            }
        }
        drop(listener);
        self.close();
        let drained = timeout(self.shared.drain_within, graceful.shutdown()).await;
        if drained.is_err() {
            let unsettled = self.unsettled();
            tracing::warn!(
                unsettled,
                "the end did not wait for all that was being handled"
            );
        }
        Ok(())
    }

    fn spawn(&self, stream: TcpStream, permit: OwnedSemaphorePermit, graceful: &GracefulShutdown) {
        // Answers are small: they are not to wait for more.
        let _ = stream.set_nodelay(true);
        let endpoint = self.clone();
        let service = service_fn(move |request| {
            let endpoint = endpoint.clone();
            async move { Ok::<_, Infallible>(endpoint.handle(request).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.shared.read_within)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection has ended");
            }
            drop(permit);
        });
    }
}

impl Shared {
    async fn read<B>(&self, body: B) -> Result<Bytes, Problem>
    where
        B: Body,
        B::Error: Into<BoxError>,
    {
        let limit = self.limits.body_bytes;
        if body.size_hint().lower() > limit as u64 {
            return Err(too_large());
        }
        let body = std::pin::pin!(body);
        let read = Limited::new(body, limit).collect();
        match timeout(self.read_within, read).await {
            Ok(Ok(collected)) => Ok(collected.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
            Ok(Err(error)) => {
                let detail = format!("the body could not be read: {error}");
                Err(Problem::new(
                    StatusCode::BAD_REQUEST,
                    "Body not readable",
                    detail,
                ))
            }
            Err(_) => {
                let detail = format!("the body did not come within {:?}", self.read_within);
                Err(Problem::new(
                    StatusCode::REQUEST_TIMEOUT,
                    "Body too slow",
                    detail,
                ))
            }
        }
    }
}

fn too_large() -> Problem {
    let detail = "the body is larger than this endpoint takes";
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
