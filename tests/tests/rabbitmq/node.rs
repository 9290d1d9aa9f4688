//! The nodes of the tests.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use eventkit_rabbitmq::{RabbitMq, RabbitMqBuilder};
use eventkit_tests::rabbitmq::Server;

/// A node, or none where the tests with one are turned off.
#[derive(Debug)]
pub(crate) struct Node(Option<Mutex<Server>>);

impl Node {
    /// Returns the node of the tests that run at the same time, since one takes seconds to start.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Node>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let node = shared.upgrade().unwrap_or_else(Self::alone);
        *shared = Arc::downgrade(&node);
        node
    }

    /// Starts a node for one test.
    pub(crate) fn alone() -> Arc<Self> {
        Arc::new(Self(Server::start().map(Mutex::new)))
    }

    pub(crate) fn server(&self) -> Option<MutexGuard<'_, Server>> {
        let server = self.0.as_ref()?;
        Some(server.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn url(&self) -> Option<String> {
        Some(self.server()?.url())
    }

    /// Returns a transport on an exchange that no other test uses, and the name of the exchange.
    pub(crate) fn exchange(&self) -> Option<(RabbitMqBuilder, String)> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test-{number}");
        Some((RabbitMq::connect(self.url()?).exchange(&name), name))
    }
}
