//! Publishers for relays: one that records its events and can be made to fail, and one that calls a function.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use eventkit::Event;
use eventkit::transport::{
    BoxFuture, Published, Publisher, RawMessage, TransportError, TransportErrorKind,
};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

/// The time limit for a relay.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Default)]
pub(crate) struct Recorded(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The ids of the events, with the time of each.
    ids: Vec<(String, Instant)>,
    /// The number of attempts that still fail.
    failures: usize,
    /// The next event waits for this.
    gate: Option<oneshot::Receiver<()>>,
}

impl Recorded {
    pub(crate) fn ids(&self) -> Vec<String> {
        self.times().into_iter().map(|(id, _)| id).collect()
    }

    pub(crate) fn times(&self) -> Vec<(String, Instant)> {
        self.0.lock().unwrap().ids.clone()
    }

    pub(crate) fn set_down(&self, is_down: bool) {
        self.fail(if is_down { usize::MAX } else { 0 });
    }

    /// Lets a number of attempts fail.
    pub(crate) fn fail(&self, failures: usize) {
        self.0.lock().unwrap().failures = failures;
    }

    pub(crate) fn set_gate(&self, gate: oneshot::Receiver<()>) {
        self.0.lock().unwrap().gate = Some(gate);
    }

    pub(crate) async fn until(&self, number: usize) -> Vec<String> {
        let waiting = async {
            while self.ids().len() < number {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, waiting)
            .await
            .unwrap_or_else(|_| panic!("{:?}", self.ids()));
        self.ids()
    }
}

impl Publisher for Recorded {
    fn publish_event<'a>(
        &'a self,
        event: &'a Event,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        let mut state = self.0.lock().unwrap();
        let gate = state.gate.take();
        let result = if state.failures > 0 {
            state.failures -= 1;
            Err(TransportError::new(TransportErrorKind::Unavailable, "down"))
        } else if event.id() == "bad" {
            Err(TransportError::rejected("too bad\0"))
        } else {
            state.ids.push((event.id().to_owned(), Instant::now()));
            Ok(Published::default())
        };
        Box::pin(async {
            if let Some(gate) = gate {
                let _ = gate.await;
            }
            result
        })
    }

    fn publish_raw<'a>(
        &'a self,
        _: &'a str,
        _: &'a RawMessage,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        Box::pin(async { Ok(Published::default()) })
    }
}

/// A publisher that calls a function with each event, which is confirmed if the function succeeds.
pub(crate) struct Calling<F>(pub(crate) F);

impl<F, R> Publisher for Calling<F>
where
    F: Fn(Event) -> R + Send + Sync,
    R: Future<Output = Result<(), TransportError>> + Send + 'static,
{
    fn publish_event<'a>(
        &'a self,
        event: &'a Event,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        let called = (self.0)(event.clone());
        Box::pin(async { called.await.map(|()| Published::default()) })
    }

    fn publish_raw<'a>(
        &'a self,
        _: &'a str,
        _: &'a RawMessage,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        Box::pin(async { Ok(Published::default()) })
    }
}
