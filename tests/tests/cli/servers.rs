//! HTTP servers of the tests.

use std::sync::{Arc, Mutex};
use std::thread;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::IntoResponse;
use axum::routing::any;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

/// A request that a server received.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A server that runs until the test process ends.
pub(crate) struct Server {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

/// Starts a server that answers each request with this status.
pub(crate) fn answering(status: u16) -> Server {
    with_body(move |_| (status, String::new()))
}

/// Starts a server that answers by the number of requests so far.
pub(crate) fn with_body(answer: impl Fn(usize) -> (u16, String) + Send + Sync + 'static) -> Server {
    let received: Arc<Mutex<Vec<Received>>> = Arc::default();
    let log = Arc::clone(&received);
    let answer = Arc::new(answer);
    let handler = move |State(log): State<Arc<Mutex<Vec<Received>>>>,
                        uri: Uri,
                        headers: HeaderMap,
                        body: Bytes| {
        let answer = Arc::clone(&answer);
        async move {
            let mut log = log.lock().unwrap();
            let path = uri.to_string();
            log.push(Received {
                path,
                headers,
                body,
            });
            let (status, text) = answer(log.len());
            let json = [(header::CONTENT_TYPE, "application/json")];
            (StatusCode::from_u16(status).unwrap(), json, text).into_response()
        }
    };
    let app = Router::new().fallback(any(handler)).with_state(log);
    let (sender, port) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap().port()).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
    });
    let url = format!("http://127.0.0.1:{}", port.recv().unwrap());
    Server { url, received }
}
