//! A proxy between the workers and the broker, which can block connections.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A proxy that forwards connections until a direction is blocked. Blocked bytes are dropped
/// silently.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    state: watch::Sender<State>,
    task: JoinHandle<()>,
}

/// A direction of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    ToServer,
    ToWorker,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    to_server_blocked: bool,
    to_worker_blocked: bool,
    /// The number of times that all connections were closed.
    closings: u64,
}

impl State {
    fn is_blocked(self, direction: Direction) -> bool {
        match direction {
            Direction::ToServer => self.to_server_blocked,
            Direction::ToWorker => self.to_worker_blocked,
        }
    }
}

impl Proxy {
    pub(crate) async fn to(server: String) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (state, watched) = watch::channel(State::default());
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, server.clone(), watched.clone()));
            }
        });
        Ok(Self {
            address,
            state,
            task,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Blocks the given directions, and forwards the others.
    pub(crate) fn block(&self, directions: &[Direction]) {
        self.state.send_modify(|state| {
            state.to_server_blocked = directions.contains(&Direction::ToServer);
            state.to_worker_blocked = directions.contains(&Direction::ToWorker);
        });
    }

    /// Closes all connections.
    pub(crate) fn close_connections(&self) {
        self.state.send_modify(|state| state.closings += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(client: TcpStream, server: String, mut state: watch::Receiver<State>) {
    let closings = state.borrow_and_update().closings;
    let (to_server, to_worker) = (state.clone(), state.clone());
    let passing = async {
        // If connecting fails or the connection breaks, both sides see it, as without a proxy.
        let Ok(server) = TcpStream::connect(server).await else {
            return;
        };
        let (client_in, client_out) = client.into_split();
        let (server_in, server_out) = server.into_split();
        tokio::select! {
            () = copy(client_in, server_out, to_server, Direction::ToServer) => {}
            () = copy(server_in, client_out, to_worker, Direction::ToWorker) => {}
        }
    };
    tokio::select! {
        () = passing => {}
        _ = state.wait_for(|state| state.closings != closings) => {}
    }
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut state: watch::Receiver<State>,
    direction: Direction,
) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let Ok(length @ 1..) = from.read(&mut buffer).await else {
            return;
        };
        if state
            .wait_for(|state| !state.is_blocked(direction))
            .await
            .is_err()
        {
            return;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
