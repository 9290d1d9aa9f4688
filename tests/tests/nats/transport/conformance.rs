//! The conformance tests of transports.

use std::sync::Mutex;
use std::time::Duration;

use eventkit::BoxError;
use eventkit::transport::{BoxFuture, Transport};
use eventkit_nats::Nats;
use eventkit_tests::nats::{Server, VARIABLE};
use eventkit_transport_tests::Fixture;

struct OnNats(Option<Mutex<Server>>);

impl OnNats {
    fn start() -> Self {
        Self(Server::start().map(Mutex::new))
    }
}

impl Fixture for OnNats {
    fn skip_reason(&self) -> Option<String> {
        self.0.is_none().then(|| format!("{VARIABLE} is off"))
    }

    fn open(&self) -> BoxFuture<'_, Result<Box<dyn Transport>, BoxError>> {
        Box::pin(async {
            let server = self.0.as_ref().ok_or("there is no server")?;
            let url = server.lock().map_err(|_| "a test has panicked")?.url();
            let nats = Nats::connect(url).idle_heartbeat(Duration::from_millis(500));
            Ok(Box::new(nats.open().await?) as Box<dyn Transport>)
        })
    }

    fn restart(&self) -> Option<BoxFuture<'_, Result<(), BoxError>>> {
        Some(Box::pin(async {
            // A single server stores acknowledgements a moment later.
            tokio::time::sleep(Duration::from_millis(500)).await;
            let server = self.0.as_ref().ok_or("there is no server")?;
            let mut server = server.lock().map_err(|_| "a test has panicked")?;
            server.kill();
            server.restart();
            Ok(())
        }))
    }
}

eventkit_transport_tests::transport_tests! {
    #[tokio::test]
    OnNats::start()
}
