//! The in-memory transport in paused time.

use eventkit::BoxError;
use eventkit::transport::{BoxFuture, Transport};
use eventkit_service::memory::Memory;
use eventkit_transport_tests::Fixture;

struct InMemory(Memory);

impl Fixture for InMemory {
    fn open(&self) -> BoxFuture<'_, Result<Box<dyn Transport>, BoxError>> {
        Box::pin(async { Ok(Box::new(self.0.clone()) as Box<dyn Transport>) })
    }

    fn restart(&self) -> Option<BoxFuture<'_, Result<(), BoxError>>> {
        Some(Box::pin(async {
            self.0.close();
            self.0.reopen();
            Ok(())
        }))
    }
}

eventkit_transport_tests::transport_tests! {
    #[tokio::test(start_paused = true)]
    InMemory(Memory::new())
}
