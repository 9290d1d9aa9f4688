//! A stream between the broker and the client that makes incoming frames readable for the client.

use std::io::{self, IoSlice, Read, Write};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use async_rs::traits::Reactor;
use async_rs::util::RuntimeParts;
use async_rs::{Runtime, TokioRuntime};
use futures_core::Stream;
use futures_io::{AsyncRead, AsyncWrite};
use lapin::uri::AMQPUri;
use lapin::{AsyncTcpStream, Connection, ConnectionProperties};

use super::frames::{BODY, HEADER, HEARTBEAT, METHOD, make_readable};

/// The number of bytes that are read at a time.
const CHUNK: usize = 16 * 1024;

/// The bytes of a frame before its payload, and those around it.
const HEAD: usize = 7;
const FRAME_OVERHEAD: usize = HEAD + 1;

/// A stream to the broker, plain or encrypted.
pub(super) type BrokerStream = AsyncTcpStream<<TokioRuntime as Reactor>::TcpStream>;

/// Opens a connection on streams that `open` returns.
pub(super) async fn connect(
    uri: AMQPUri,
    properties: ConnectionProperties,
    open: impl AsyncFn(AMQPUri, &TokioRuntime) -> lapin::Result<BrokerStream> + Send + Sync + 'static,
) -> lapin::Result<Connection> {
    let tokio = lapin::runtime::default_runtime()?;
    let parts = RuntimeParts::new(tokio.clone(), CheckedReactor(tokio.clone()));
    let connect = async move |uri, _| {
        let stream = open(uri, &tokio).await?;
        Ok(AsyncTcpStream::Plain(CheckedStream::new(stream)))
    };
    Connection::connector(uri, Runtime::new(parts), connect, properties).await
}

/// A stream whose frames are checked before they are read.
#[derive(Debug)]
struct CheckedStream<S> {
    inner: S,
    /// The bytes that were read: first those passed on, then those checked, then the rest.
    buffer: Vec<u8>,
    passed: usize,
    checked: usize,
    filled: usize,
    /// The number of bytes that come next and need no check.
    unchecked: usize,
}

impl<S> CheckedStream<S> {
    fn new(inner: S) -> Self {
        Self {
            inner,
            buffer: Vec::new(),
            passed: 0,
            checked: 0,
            filled: 0,
            unchecked: 0,
        }
    }

    /// Passes on checked bytes, and returns their number.
    fn pass(&mut self, out: &mut [u8]) -> usize {
        let checked = &self.buffer[self.passed..self.checked];
        let count = checked.len().min(out.len());
        out[..count].copy_from_slice(&checked[..count]);
        self.passed += count;
        if self.passed == self.filled {
            (self.passed, self.checked, self.filled) = (0, 0, 0);
        }
        count
    }

    /// Returns the space for what is read next.
    fn space(&mut self) -> &mut [u8] {
        self.buffer.copy_within(self.passed..self.filled, 0);
        self.checked -= self.passed;
        self.filled -= self.passed;
        self.passed = 0;
        let size = (self.filled + CHUNK).max(self.buffer.len());
        self.buffer.resize(size, 0);
        &mut self.buffer[self.filled..]
    }

    /// Checks the frames that are complete.
    fn check(&mut self) {
        loop {
            let free = self.unchecked.min(self.filled - self.checked);
            self.unchecked -= free;
            self.checked += free;
            let rest = &mut self.buffer[self.checked..self.filled];
            let Some(&[kind, _, _, a, b, c, d]) = rest.first_chunk::<HEAD>() else {
                return;
            };
            let size = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
            let size = size.saturating_add(FRAME_OVERHEAD);
            match kind {
                METHOD | HEADER => {
                    let Some(frame) = rest.get_mut(..size) else {
                        return;
                    };
                    make_readable(kind, &mut frame[HEAD..size - 1]);
                    self.checked += size;
                }
                BODY | HEARTBEAT => self.unchecked = size,
                // The client reports that this is not AMQP 0-9-1.
                _ => self.unchecked = usize::MAX,
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for CheckedStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        loop {
            if this.passed < this.checked || out.is_empty() {
                return Poll::Ready(Ok(this.pass(out)));
            }
            if this.filled == 0 && this.unchecked > 0 {
                // A large body is not copied.
                let count = this.unchecked.min(out.len());
                let read = Pin::new(&mut this.inner).poll_read(context, &mut out[..count]);
                let count = ready!(read)?;
                this.unchecked -= count;
                return Poll::Ready(Ok(count));
            }
            this.space();
            let space = &mut this.buffer[this.filled..];
            let count = ready!(Pin::new(&mut this.inner).poll_read(context, space))?;
            this.filled += count;
            this.check();
            if count == 0 {
                if this.filled == 0 {
                    return Poll::Ready(Ok(0));
                }
                // The end of the stream is in the middle of a frame.
                this.checked = this.filled;
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for CheckedStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(context, slices)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_close(context)
    }
}

/// The reactor of Tokio, with checked streams: the client requires a reactor for the type of its streams.
#[derive(Debug, Clone)]
struct CheckedReactor(TokioRuntime);

impl Reactor for CheckedReactor {
    type TcpStream = CheckedStream<BrokerStream>;
    type Sleep = <TokioRuntime as Reactor>::Sleep;

    fn register<H: Read + Write + Send + 'static>(
        &self,
        _: H,
    ) -> io::Result<impl AsyncRead + AsyncWrite + Send + Unpin + 'static> {
        // The client connects with the function of its connector.
        Err::<Self::TcpStream, _>(io::ErrorKind::Unsupported.into())
    }

    fn sleep(&self, duration: Duration) -> Self::Sleep {
        self.0.sleep(duration)
    }

    fn interval(&self, duration: Duration) -> impl Stream<Item = Instant> + Send + 'static {
        self.0.interval(duration)
    }

    fn tcp_connect_addr(
        &self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::TcpStream>> + Send + 'static {
        let connecting = self.0.tcp_connect_addr(address);
        async { Ok(CheckedStream::new(AsyncTcpStream::Plain(connecting.await?))) }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    /// A broker that sends a few bytes at a time.
    struct Sent<'a> {
        bytes: &'a [u8],
        at_once: usize,
    }

    impl AsyncRead for Sent<'_> {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            out: &mut [u8],
        ) -> Poll<io::Result<usize>> {
            let count = self.bytes.len().min(self.at_once).min(out.len());
            let (now, later) = self.bytes.split_at(count);
            out[..count].copy_from_slice(now);
            self.bytes = later;
            Poll::Ready(Ok(count))
        }
    }

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let size = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&[kind, 0, 1][..], &size, payload, &[0xce]].concat()
    }

    async fn read(bytes: &[u8], at_once: usize, out: usize) -> Vec<u8> {
        let mut stream = CheckedStream::new(Sent { bytes, at_once });
        let (mut read, mut buffer) = (Vec::new(), vec![0; out]);
        loop {
            let reading = poll_fn(|context| Pin::new(&mut stream).poll_read(context, &mut buffer));
            let count = reading.await.unwrap();
            if count == 0 {
                return read;
            }
            read.extend_from_slice(&buffer[..count]);
        }
    }

    #[tokio::test]
    async fn frames_are_checked_however_they_come() {
        let properties = |id: u8| {
            // The message id alone.
            [&[0; 12][..], &[0, 0x80, 1, id]].concat()
        };
        let frames = |id| {
            let header = frame(HEADER, &properties(id));
            let large = frame(BODY, &vec![0xff; 40_000]);
            let small = frame(BODY, &[0xff; 3]);
            let (beat, unfinished) = (frame(HEARTBEAT, &[]), vec![HEADER, 0, 1, 0]);
            [
                &*header,
                &large,
                &header,
                &small,
                &beat,
                &header,
                &unfinished,
            ]
            .concat()
        };
        for at_once in [1, 7, 1_000, 100_000] {
            for out in [1, 1_000, 50_000] {
                let read = read(&frames(0xff), at_once, out).await;
                assert!(read == frames(b'?'), "{at_once} at once, {out} at a time");
            }
        }
    }

    #[tokio::test]
    async fn bytes_that_are_not_amqp_are_passed_on() {
        let bytes = b"AMQP\x03\x01\x00\x00".repeat(100);
        assert_eq!(read(&bytes, 5, 1_000).await, bytes);
    }
}
